import CORProtocol
import COSESigning
import Crypto
import Foundation
import Glibc
import HubCore
import KeyStore
import PeerFixtures
import Testing

@Suite("Keys in files")
struct FileKeyStoreTests {
    let folder: TemporaryFolder
    let store: FileKeyStore

    init() throws {
        folder = try TemporaryFolder()
        store = try FileKeyStore(folder: folder.file("identity"))
    }

    @Test("A made key is private, is the one read back, and openssl can read it")
    func made() throws {
        for use in HubKeyUse.allCases {
            let made = try store.makeKey(for: use)
            #expect(try store.keys(for: use).map(\.publicKey) == [made.publicKey])
            #expect(made.protection == .file)
            #expect(made.publicKey.count == 65)
            #expect(try folder.mode(of: "identity/\(use.rawValue).key") == 0o600)
            let text = try OpenSSLTool.run(
                ["pkey", "-in", "identity/\(use.rawValue).key", "-noout", "-text"], in: folder)
            #expect(text.contains("prime256v1"))
        }
        #expect(try folder.mode(of: "identity") == 0o700)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: store.folder).sorted() == ["signing.key", "tls.key"])
    }

    @Test("Its signatures verify under its public key, plain and as COSE")
    func signatures() throws {
        let key = try store.makeKey(for: .signing)
        let publicKey = try P256.Signing.PublicKey(x963Representation: key.publicKey)
        let message = Array("batch".utf8)
        let plain = try P256.Signing.ECDSASignature(rawRepresentation: key.signature(for: message))
        #expect(publicKey.isValidSignature(plain, for: message))
        let signature = try HubKeyCOSESigner(key).signature(for: message)
        #expect(COSEPublicKey.p256(publicKey).isValidSignature(signature, for: message))
    }

    @Test("The storage key is private, is the one read back, and is never replaced")
    func storageKey() throws {
        #expect(try store.storageKey().map(\.id) == nil)
        let made = try store.makeStorageKey()
        let read = try #require(try store.storageKey())
        #expect(read.id == made.id && read.contentKey == made.contentKey && read.protection == .file)
        #expect(made.id.count == StorageKey.idByteCount)
        #expect(try folder.mode(of: "identity/storage.key") == 0o600)
        #expect(throws: KeyStoreFault.alreadyExists(path: folder.file("identity/storage.key"))) {
            _ = try store.makeStorageKey()
        }
    }

    @Test("A storage key that others can read, or that is none, is refused", arguments: ["", "00", "zz", "0"])
    func wrongStorageKey(text: String) throws {
        let path = folder.file("identity/storage.key")
        _ = try store.makeStorageKey()
        chmod(path, 0o640)
        #expect(throws: KeyStoreFault.exposed(path: path, mode: 0o640)) { _ = try store.storageKey() }
        chmod(path, 0o600)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: KeyStoreFault.malformedStorageKey(path: path)) { _ = try store.storageKey() }
    }

    @Test("A key is never replaced")
    func notReplaced() throws {
        let first = try store.makeKey(for: .tls)
        #expect(throws: KeyStoreFault.alreadyExists(path: folder.file("identity/tls.key"))) {
            _ = try store.makeKey(for: .tls)
        }
        #expect(try store.keys(for: .tls).map(\.publicKey) == [first.publicKey])
    }

    @Test("A key that was never made is missing")
    func missing() throws {
        #expect(throws: KeyStoreFault.missing(path: folder.file("identity/signing.key"))) {
            _ = try store.keys(for: .signing)
        }
    }

    @Test("A key that others can read or write is refused", arguments: [0o640, 0o604, 0o620, 0o601, 0o644])
    func exposed(mode: Int) throws {
        _ = try store.makeKey(for: .tls)
        let path = folder.file("identity/tls.key")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(throws: KeyStoreFault.exposed(path: path, mode: UInt32(mode))) { _ = try store.keys(for: .tls) }
    }

    @Test("A folder that others can enter is refused", arguments: [0o750, 0o701])
    func exposedFolder(mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: store.folder)
        #expect(throws: KeyStoreFault.exposed(path: store.folder, mode: UInt32(mode))) {
            _ = try FileKeyStore(folder: store.folder)
        }
    }

    @Test("Another user's key is refused", .enabled(if: geteuid() == 0, "only root can give a file away"))
    func foreignOwner() throws {
        _ = try store.makeKey(for: .tls)
        let path = folder.file("identity/tls.key")
        try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: path)
        #expect(throws: KeyStoreFault.foreignOwner(path: path, user: 65534)) { _ = try store.keys(for: .tls) }
    }

    @Test("Text that is no P-256 key is refused")
    func malformed() throws {
        let certificates = try CertificateFixtures()
        try certificates.makeKey("other", .p384)
        let path = folder.file("identity/tls.key")
        let texts = [
            "", "garbage", try certificates.folder.read("other.key"), String(repeating: "A", count: 4097),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ]
        for text in texts {
            try folder.write(text, to: "identity/tls.key")
            #expect(throws: KeyStoreFault.malformed(path: path)) { _ = try store.keys(for: .tls) }
        }
    }

    @Test("A symbolic link is not followed")
    func link() throws {
        _ = try store.makeKey(for: .tls)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("identity/signing.key"), withDestinationPath: folder.file("identity/tls.key"))
        #expect(throws: KeyStoreFault.self) { _ = try store.keys(for: .signing) }
    }

    @Test("The leftover of an interrupted write is no hindrance")
    func leftover() throws {
        try folder.write("half a k", to: "identity/.tls.key.new")
        let key = try store.makeKey(for: .tls)
        #expect(try store.keys(for: .tls).map(\.publicKey) == [key.publicKey])
    }

    @Test("openssl verifies the certification request and finds the hub's name")
    func certificateRequest() throws {
        let key = try store.makeKey(for: .tls)
        let hubID = try #require(HubID("hub-0001"))
        let request = try HubCertificateRequest(hubID: hubID, key: key)
        try Data(request.bytes).write(to: URL(filePath: folder.file("request.der")))
        let text = try OpenSSLTool.run(
            ["req", "-inform", "DER", "-in", "request.der", "-verify", "-noout", "-subject"], in: folder)
        #expect(text.contains("verify OK") || text.contains("self-signature verify OK"))
        #expect(text.contains("CN = hub-0001"))
    }

    @Test("A fault is one line and holds no key")
    func description() {
        let faults: [KeyStoreFault] = [
            .missing(path: "/k"), .alreadyExists(path: "/k"), .exposed(path: "/k", mode: 0o644),
            .foreignOwner(path: "/k", user: 1), .malformed(path: "/k"), .signingFailed(use: .tls),
            .io(path: "/k", operation: "fsync", errno: 5),
        ]
        for fault in faults {
            #expect(!"\(fault)".contains("\n"))
        }
    }
}
