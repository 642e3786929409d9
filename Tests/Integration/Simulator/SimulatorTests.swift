import Crypto
import Foundation
import TestSupport
import Testing

@Suite("corone-sim as a process", .timeLimit(.minutes(2)))
struct SimulatorTests {
    /// An address of this test's own on loopback, with the port that smpmgr knows.
    private static func address() -> String {
        "127.83.\(Int.random(in: 1...254)).\(Int.random(in: 1...254))"
    }

    private static func withFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "corone-sim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    @Test(
        "smpclient and smpmgr echo, read parameters and states, upload an image and mark it",
        .enabled(if: PythonJudge.isDemanded, Comment(rawValue: PythonJudge.skipReason)))
    func foreignClients() throws {
        try Self.withFolder { folder in
            let address = Self.address()
            let simulator = try SimulatorProcess(["--host", address, "--seed", "1"])
            let ready = try simulator.event("ready")
            #expect(ready["port"] as? Int == 1_337)

            let image = Self.image(bodyLength: 100_000)
            let imagePath = folder + "/image.bin"
            try Data(image).write(to: URL(filePath: imagePath))
            let hash = image.suffix(32).map { String(format: "%02x", $0) }.joined()
            let output = try PythonJudge.run("drive_simulator.py", [address, imagePath, hash])
            let said = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
            let client = try #require(said["smpclient"] as? [String: Any])
            #expect(client["echo"] as? String == "hello")
            #expect(client["buf_size"] as? Int == 61_440)
            #expect(client["buf_count"] as? Int == ready["buf_count"] as? Int)
            #expect(client["application"] as? String == "Zephyr")
            #expect((client["before"] as? [Any])?.count == 1)
            #expect(client["uploaded"] as? Int == image.count)
            #expect(client["refused"] as? Bool == true)
            let after = try #require((client["after"] as? [[String: Any]])?.last)
            #expect(after["version"] as? String == "4.5.6")
            #expect(after["hash"] as? String == hash)
            #expect(after["pending"] as? Bool == false)
            #expect((client["marked"] as? [[String: Any]])?.last?["pending"] as? Bool == true)
            #expect(said["smpmgr"] as? [String: Bool] == ["echo": true, "state": true])
            #expect(try simulator.event("image-uploaded")["match"] as? Bool == true)
        }
    }

    @Test("A run on command is closed as a record, and a restart goes on after it")
    func runAndRestart() throws {
        try Self.withFolder { folder in
            let arguments = ["--port", "0", "--state", folder + "/state", "--speed", "6000"]
            let first = try SimulatorProcess(arguments)
            _ = try first.event("ready")
            try first.perform(["do": "run", "artefact": "clot", "minutes": 30, "seed": 7])
            #expect(try first.event("run-started")["seed"] as? String == "7")
            let closed = try first.event("record-closed")
            #expect(closed["sequence"] as? Int == 1)
            #expect(closed["artefact"] as? String == "clot")
            #expect(closed["truth"] as? Double != nil)
            #expect(try first.end(by: SIGTERM) == 0)

            let second = try SimulatorProcess(arguments)
            #expect(try second.event("booted")["counter"] as? Int == 2)
            try second.perform(["do": "run"])
            #expect(try second.event("record-closed")["sequence"] as? Int == 2)
            #expect(try second.end() == 0)
        }
    }

    @Test("A command that is none is refused, and the device goes on")
    func refusedCommand() throws {
        let simulator = try SimulatorProcess(["--port", "0"])
        _ = try simulator.event("ready")
        try simulator.perform(["do": "dance"])
        #expect(try simulator.event("command-refused")["reason"] as? String == "\"dance\" is no command")
        try simulator.perform(["do": "battery", "percent": 3])
        try simulator.perform(["do": "run"])
        #expect(try simulator.event("command-refused")["reason"] as? String == "the battery is too low")
        #expect(try simulator.end(by: SIGINT) == 0)
    }

    @Test("A port in use is one clear line and exit status 1")
    func portInUse() throws {
        let address = Self.address()
        let holder = try SimulatorProcess(["--host", address])
        _ = try holder.event("ready")
        let process = Process()
        let errors = Pipe()
        process.executableURL = SimulatorProcess.executable
        process.arguments = ["--host", address]
        process.standardError = errors
        process.standardOutput = Pipe()
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(text == "Error: UDP port 1337 of \(address) is in use; choose another with --port\n")
    }

    @Test("make-ca makes a certificate and a key that only its owner can read")
    func makeAuthority() throws {
        try Self.withFolder { folder in
            let process = Process()
            process.executableURL = SimulatorProcess.executable
            process.arguments = ["make-ca", folder]
            process.standardOutput = Pipe()
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/device-ca.key")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let certificate = try String(contentsOfFile: folder + "/device-ca.pem", encoding: .utf8)
            #expect(certificate.hasPrefix("-----BEGIN CERTIFICATE-----"))
        }
    }

    /// A minimal MCUboot image, version 4.5.6, with its SHA-256 as the last 32 bytes.
    private static func image(bodyLength: Int) -> [UInt8] {
        func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        var image = littleEndian(UInt32(0x96F3_B83D)) + littleEndian(UInt32(0)) + littleEndian(UInt16(32))
        image += littleEndian(UInt16(0)) + littleEndian(UInt32(bodyLength)) + littleEndian(UInt32(0))
        image += [4, 5] + littleEndian(UInt16(6)) + littleEndian(UInt32(0)) + littleEndian(UInt32(0))
        image += (0..<bodyLength).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let hash = Array(SHA256.hash(data: image))
        image += littleEndian(UInt16(0x6907)) + littleEndian(UInt16(4 + 4 + 32))
        return image + littleEndian(UInt16(0x10)) + littleEndian(UInt16(32)) + hash
    }
}
