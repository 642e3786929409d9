/// What a Command Complete carries behind its status, for the commands whose answers are read.
package enum ManagementAnswers {
    package struct Version: Sendable, Hashable {
        package let version: UInt8
        package let revision: UInt16
    }

    /// Controllers of one machine; the kernel numbers up to 65,535 of them.
    package static let indexCountMax = 32
    /// Commands and events of one kernel, each.
    package static let numberCountMax = 1_024

    package static func version(_ bytes: [UInt8]) throws(BluetoothError) -> Version {
        var reader = ByteReader(bytes)
        let version = Version(version: try reader.uint8("version"), revision: try reader.uint16("revision"))
        try reader.finish()
        return version
    }

    /// The indices of the controllers that there are.
    package static func indexList(_ bytes: [UInt8]) throws(BluetoothError) -> [UInt16] {
        var reader = ByteReader(bytes)
        let count = Int(try reader.uint16("number of controllers"))
        guard count <= indexCountMax else { throw .tooMany(what: "controllers", count: count, max: indexCountMax) }
        var indices: [UInt16] = []
        for _ in 0..<count { indices.append(try reader.uint16("controller index")) }
        try reader.finish()
        return indices
    }

    /// The opcodes of the commands that this kernel has for this program.
    package static func commands(_ bytes: [UInt8]) throws(BluetoothError) -> Set<UInt16> {
        var reader = ByteReader(bytes)
        let commandCount = Int(try reader.uint16("number of commands"))
        let eventCount = Int(try reader.uint16("number of events"))
        guard max(commandCount, eventCount) <= numberCountMax else {
            throw .tooMany(what: "commands or events", count: max(commandCount, eventCount), max: numberCountMax)
        }
        var commands: Set<UInt16> = []
        for _ in 0..<commandCount { commands.insert(try reader.uint16("command")) }
        _ = try reader.bytes(2 * eventCount, "events")
        try reader.finish()
        return commands
    }

    package static func settings(_ bytes: [UInt8]) throws(BluetoothError) -> ManagementSettings {
        var reader = ByteReader(bytes)
        let settings = ManagementSettings(rawValue: try reader.uint32("settings"))
        try reader.finish()
        return settings
    }
}
