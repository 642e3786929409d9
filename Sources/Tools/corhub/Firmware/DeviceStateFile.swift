import CORProtocol
import JSONCoding
import MCUbootImage
import TextEncodings

/// Reads what a device has now: docs/schemas/device-state.json.
///
/// A member that is not known is refused: it may be something that the image has to be compared with.
enum DeviceStateFile {
    private static let lengthMax = 65_536
    private static let uuidGroups = [8, 4, 4, 4, 12]

    /// - Parameter text: a JSON object, or the path of a file with one.
    static func read(_ text: String) throws(CommandProblem) -> DeviceFirmware {
        let isJSON = text.drop { $0.isWhitespace }.first == "{"
        let bytes = isJSON ? Array(text.utf8) : try FirmwareFile.read(text, lengthMax: lengthMax)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes, limits: JSONLimits(lengthMax: lengthMax))
        } catch {
            throw problem("no JSON: \(error)")
        }
        guard let members = value.objectValue else { throw problem("no JSON object") }
        var device = DeviceFirmware()
        for member in members {
            try take(member, into: &device)
        }
        return device
    }

    /// A null is said of what is not there or not known, as is nothing at all. Some members have a second name, by which
    /// `firmware verify` itself tells the same of an image.
    private static func take(_ member: JSONMember, into device: inout DeviceFirmware) throws(CommandProblem) {
        let isKnown = !member.value.isNull
        switch member.name {
        case "version":
            device.version = isKnown ? try version(member) : nil
        case "sec_cnt", "security_counter":
            device.securityCounter = isKnown ? try number(member) : nil
        case "address":
            device.slotAddress = isKnown ? try number(member) : nil
        case "uuid_vid", "vendor_uuid":
            device.vendorUUID = isKnown ? try uuid(member) : nil
        case "uuid_cid", "class_uuid":
            device.classUUID = isKnown ? try uuid(member) : nil
        case let name where name.hasPrefix("image"):
            let digits = name.dropFirst("image".count)
            guard let image = UInt8(digits), String(image) == digits else { throw unknown(name) }
            device.images[image] = isKnown ? try version(member) : nil
        default:
            throw unknown(member.name)
        }
    }

    private static func version(_ member: JSONMember) throws(CommandProblem) -> ImageVersion {
        guard let version = member.value.stringValue.flatMap({ ImageVersion($0) }) else {
            throw problem("\(member.name) is no version such as \"1.2.3+4\"")
        }
        return version
    }

    private static func number(_ member: JSONMember) throws(CommandProblem) -> UInt32 {
        guard let number = member.value.integerValue.flatMap({ UInt32(exactly: $0) }) else {
            throw problem("\(member.name) is no integer from 0 to 4294967295")
        }
        return number
    }

    /// 8-4-4-4-12 hexadecimal digits (RFC 9562 §4).
    private static func uuid(_ member: JSONMember) throws(CommandProblem) -> [UInt8] {
        let groups = (member.value.stringValue ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == uuidGroups, let bytes = Hexadecimal.bytes(of: groups.joined()) else {
            throw problem("\(member.name) is no UUID")
        }
        return bytes
    }

    private static func unknown(_ name: String) -> CommandProblem {
        problem("nothing is known of \"\(name.printable)\"")
    }

    private static func problem(_ reason: String) -> CommandProblem {
        CommandProblem(.failed, code: "device-state-unusable", "--device-state: \(reason)")
    }
}
