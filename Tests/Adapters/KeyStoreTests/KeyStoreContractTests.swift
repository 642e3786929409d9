import CORProtocol
import Crypto
import Foundation
import HubCore
import KeyStore
import PeerFixtures
import Testing

/// What every key store promises, whatever keeps the keys.
@Suite("Every key store")
struct KeyStoreContractTests {
    enum Backend: String, CaseIterable, Sendable {
        case files, credentials, hubWithFiles, hubWithCredentials
    }

    /// A store that holds no keys, and a way to put some in as this backend gets them.
    struct Bench {
        let folder: TemporaryFolder
        let store: any KeyStorePort
        let protection: KeyProtection

        init(_ backend: Backend) throws {
            folder = try TemporaryFolder()
            let credentials = folder.file("credentials")
            try FileManager.default.createDirectory(atPath: credentials, withIntermediateDirectories: false)
            switch backend {
            case .files: store = try FileKeyStore(folder: folder.file("identity"))
            case .credentials: store = CredentialKeyStore(folder: credentials)
            case .hubWithFiles: store = try HubKeyStore(folder: folder.file("identity"), credentialFolder: nil)
            case .hubWithCredentials:
                store = try HubKeyStore(folder: folder.file("identity"), credentialFolder: credentials)
            }
            protection = backend == .files || backend == .hubWithFiles ? .file : .credential
        }

        func giveKeys() throws {
            for use in HubKeyUse.allCases {
                guard protection == .credential else {
                    _ = try store.makeKey(for: use)
                    continue
                }
                let pem = P256.Signing.PrivateKey().pemRepresentation + "\n"
                try folder.write(pem, to: "credentials/corhub-\(use.rawValue)-key", mode: 0o400)
            }
        }
    }

    @Test("Without a key it says which is missing", arguments: Backend.allCases)
    func missing(backend: Backend) throws {
        let bench = try Bench(backend)
        for use in HubKeyUse.allCases {
            let fault = #expect(throws: KeyStoreFault.self) { _ = try bench.store.keys(for: use) }
            guard case .missing = fault else {
                Issue.record("\(String(describing: fault))")
                continue
            }
        }
        #expect(try bench.store.storageKey() == nil)
    }

    @Test(
        "Its keys are one a use, sign, say how they are kept, and are the same when it is asked again",
        arguments: Backend.allCases)
    func keys(backend: Backend) throws {
        let bench = try Bench(backend)
        try bench.giveKeys()
        var seen: Set<[UInt8]> = []
        for use in HubKeyUse.allCases {
            let keys = try bench.store.keys(for: use)
            #expect(keys.count == 1)
            let key = try #require(keys.first)
            #expect(key.use == use && key.protection == bench.protection && key.publicKey.count == 65)
            #expect(try bench.store.keys(for: use).map(\.publicKey) == [key.publicKey])
            let message = Array("message".utf8)
            let signature = try P256.Signing.ECDSASignature(rawRepresentation: key.signature(for: message))
            #expect(
                try P256.Signing.PublicKey(x963Representation: key.publicKey).isValidSignature(signature, for: message))
            seen.insert(key.publicKey)
        }
        #expect(seen.count == HubKeyUse.allCases.count)
    }

    @Test(
        "A first key is never replaced; the next one is made once, or it says that it makes none",
        arguments: Backend.allCases)
    func replacement(backend: Backend) throws {
        let bench = try Bench(backend)
        try bench.giveKeys()
        let present = try #require(try bench.store.keys(for: .tls).first)
        #expect(throws: KeyStoreFault.self) { _ = try bench.store.makeKey(for: .tls) }
        guard bench.store.makesKeys(for: .tls) else {
            #expect(throws: KeyStoreFault.notMadeHere(use: .tls)) { _ = try bench.store.nextKey(for: .tls) }
            return
        }
        let next = try bench.store.nextKey(for: .tls)
        #expect(try bench.store.nextKey(for: .tls).publicKey == next.publicKey)
        #expect(try bench.store.keys(for: .tls).map(\.publicKey) == [present.publicKey, next.publicKey])
        // Adopting the one in use changes nothing.
        try bench.store.adopt(present)
        #expect(try bench.store.keys(for: .tls).count == 2)
        try bench.store.adopt(next)
        #expect(try bench.store.keys(for: .tls).map(\.publicKey) == [next.publicKey])
        try bench.store.adopt(next)
        #expect(try bench.store.keys(for: .signing).count == 1)
    }

    @Test("A key that cannot be read is a fault of one line without key material", arguments: Backend.allCases)
    func malformed(backend: Backend) throws {
        let bench = try Bench(backend)
        let name = bench.protection == .file ? "identity/tls.key" : "credentials/corhub-tls-key"
        for text in ["", "garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            try bench.folder.write(text, to: name)
            #expect(throws: KeyStoreFault.malformed(path: bench.folder.file(name))) {
                _ = try bench.store.keys(for: .tls)
            }
        }
    }

    @Test(
        "The storage key comes from where the keys come from, and is told apart by its id", arguments: Backend.allCases)
    func storageKey(backend: Backend) throws {
        let bench = try Bench(backend)
        if bench.protection == .credential {
            try bench.folder.write(
                String(repeating: "5a", count: 32) + "\n", to: "credentials/corhub-storage-key", mode: 0o400)
        } else {
            _ = try bench.store.makeStorageKey()
        }
        let key = try #require(try bench.store.storageKey())
        #expect(key.protection == bench.protection)
        #expect(throws: KeyStoreFault.self) {
            _ = try bench.store.makeStorageKey()
            _ = try bench.store.makeStorageKey()
        }
        #expect(try bench.store.storageKey()?.id == key.id)
    }

    @Test("A credential comes before a file, and both are offered, so that the certificate can tell")
    func both() throws {
        let bench = try Bench(.hubWithCredentials)
        let files = try FileKeyStore(folder: bench.folder.file("identity"))
        let file = try files.makeKey(for: .signing)
        try bench.giveKeys()
        let keys = try bench.store.keys(for: .signing)
        #expect(keys.map(\.protection) == [.credential, .file])
        #expect(keys.last?.publicKey == file.publicKey)
        #expect(KeyProtection.least(of: keys.map(\.protection)) == .file)
        #expect(KeyProtection.least(of: [.tpm, .credential]) == .credential)
    }
}
