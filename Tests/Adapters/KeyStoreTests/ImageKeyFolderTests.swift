import Crypto
import Foundation
import KeyStore
import MCUbootImage
import Testing

@Suite("The makers' keys for images")
struct ImageKeyFolderTests {
    private func folder(_ files: [String: [UInt8]]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "corhub-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
        return folder.path(percentEncoded: false)
    }

    private func der(_ key: Curve25519.Signing.PrivateKey = .init()) -> [UInt8] {
        [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + key.publicKey.rawRepresentation
    }

    @Test("DER and PEM are read, other files are not")
    func read() throws {
        let pem = "-----BEGIN PUBLIC KEY-----\n\(Data(der()).base64EncodedString())\n-----END PUBLIC KEY-----\n"
        let path = try folder(["a.der": der(), "b.pem": Array(pem.utf8), "README": [1]])
        #expect(try ImageKeyFolder(path).keys.count == 2)
    }

    @Test("A folder that is not there has no keys")
    func missing() throws {
        #expect(try ImageKeyFolder("/nonexistent/keys").keys.isEmpty)
    }

    @Test("What is no public key is named, a private one too")
    func unusable() throws {
        let path = try folder(["a.der": [1, 2, 3]])
        #expect(throws: ImageKeyFolder.Fault.unusable(path: "\(path)/a.der", .unsupported)) { try ImageKeyFolder(path) }
    }

    @Test("Sixteen keys are taken, one more is not")
    func bound() throws {
        var files = Dictionary(uniqueKeysWithValues: (0..<16).map { ("\($0).der", der()) })
        #expect(try ImageKeyFolder(folder(files)).keys.count == 16)
        files["16.der"] = der()
        #expect(throws: ImageKeyFolder.Fault.self) { try ImageKeyFolder(folder(files)) }
    }
}
