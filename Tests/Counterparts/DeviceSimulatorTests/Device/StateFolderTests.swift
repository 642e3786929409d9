import CORProtocol
import Crypto
import DeviceSimulator
import Foundation
import Testing

@Suite("What the device keeps on disk")
struct StateFolderTests {
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "corone-sim-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path(percentEncoded: false))
    }

    @Test("Identity, snapshot and records come back as they were, and the key is the owner's only")
    func roundTrip() throws {
        try Self.withFolder { path in
            let serial = try #require(DeviceSerial("COR1-TEST-0003"))
            let authority = try AuthorityFolder(path: path + "-ca").loadOrMake()
            defer { try? FileManager.default.removeItem(atPath: path + "-ca") }
            let folder = try StateFolder(path: path)
            let identity = try folder.identity(serial: serial, default: serial, authority: authority)
            var bench = try DeviceBench()
            try bench.makeRun()
            try folder.save(bench.model.snapshot)
            for record in bench.model.records.records { try folder.save(record) }

            let again = try StateFolder(path: path)
            let sameIdentity = try again.identity(
                serial: nil, default: serial, authority: AuthorityFolder(path: path + "-ca").loadOrMake())
            #expect(sameIdentity.certificate == identity.certificate)
            #expect(sameIdentity.key.rawRepresentation == identity.key.rawRepresentation)
            #expect(try again.snapshot() == bench.model.snapshot)
            #expect(try again.records() == bench.model.records.records)
            try again.remove(sequences: [1])
            #expect(try again.records().isEmpty)

            let other = try #require(DeviceSerial("COR1-TEST-0004"))
            #expect(throws: StateFolder.Refusal.serialDiffers(found: serial.text, expected: other.text)) {
                try again.identity(serial: other, default: other, authority: authority)
            }
            for key in [path + "/device.key", path + "-ca/device-ca.key"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: key)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test("A file that the simulator did not write is refused by name")
    func malformed() throws {
        try Self.withFolder { path in
            let folder = try StateFolder(path: path)
            try Data([1, 2, 3]).write(to: URL(filePath: path + "/device.cbor"))
            #expect(throws: StateFolder.Refusal.fileMalformed(path: path + "/device.cbor")) { try folder.snapshot() }
            try Data([1, 2, 3]).write(to: URL(filePath: path + "/records/1.cose"))
            #expect(throws: StateFolder.Refusal.fileMalformed(path: path + "/records/1.cose")) { try folder.records() }
        }
    }
}
