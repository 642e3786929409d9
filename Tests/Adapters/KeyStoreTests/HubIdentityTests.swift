import CORProtocol
import COSESigning
import Foundation
import HubCore
import KeyStore
import PeerFixtures
import Testing

@Suite("The hub's identity")
struct HubIdentityTests {
    let certificates: CertificateFixtures
    let folder: HubIdentityFolder
    let keys: FileKeyStore
    let hubID: HubID

    /// An enrolled hub: keys made here, certified by an openssl CA.
    init() throws {
        certificates = try CertificateFixtures()
        hubID = try #require(HubID("hub-0001"))
        keys = try FileKeyStore(folder: certificates.folder.file("identity"))
        folder = HubIdentityFolder(path: keys.folder)
        try certificates.makeRoot("ca")
        for use in HubKeyUse.allCases {
            _ = try keys.makeKey(for: use)
            try FileManager.default.copyItem(
                atPath: "\(keys.folder)/\(use.rawValue).key", toPath: certificates.folder.file("\(use.rawValue).key"))
            try certificates.make(use.rawValue, subject: "/CN=hub-0001", issuer: "ca")
        }
        try certificates.make("receipt", subject: "/CN=receipts", issuer: "ca")
        try folder.install(authorities: [try certificates.der("ca")])
        try folder.complete(
            UpstreamProfile(hubID: hubID, environment: "test", receiptCertificate: try certificates.pem("receipt")),
            upstreamURL: "https://upstream.example:8443")
        try certificates.folder.write(
            try certificates.pem("tls") + certificates.pem("ca"), to: "identity/tls.pem", mode: 0o600)
        try certificates.folder.write(try certificates.pem("signing"), to: "identity/signing.pem", mode: 0o600)
    }

    func load() throws(IdentityFault) -> HubIdentity {
        try HubIdentity(folder: folder, keys: keys)
    }

    func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    @Test("What enrolment installed is what is loaded")
    func loaded() throws {
        let identity = try load()
        #expect(identity.hubID == hubID)
        #expect(identity.environment == "test")
        #expect(identity.upstreamURL == "https://upstream.example:8443")
        #expect(identity.keyProtection == .file)
        #expect(identity.tls.chain == [try certificates.der("tls"), try certificates.der("ca")])
        #expect(identity.signing.chain == [try certificates.der("signing")])
        #expect(identity.upstreamCA == [try certificates.der("ca")])
        #expect(identity.receiptCertificate == (try certificates.der("receipt")))
        #expect(try keys.keys(for: .tls).map(\.publicKey) == [identity.tls.key.publicKey])
        // 20 days, within a minute of now.
        let expected = Int64((Date().timeIntervalSince1970 + 20 * 86400) * 1000)
        #expect(abs(identity.tls.life.endMilliseconds - expected) < 60_000)
        for name in ["tls.pem", "hub.json", "receipt.pem"] {
            #expect(try certificates.folder.mode(of: "identity/\(name)") == 0o600)
        }
    }

    @Test("The log id is the SHA-256 of the receipt key's SubjectPublicKeyInfo")
    func logID() throws {
        try OpenSSLTool.run(
            ["pkey", "-in", "receipt.key", "-pubout", "-outform", "DER", "-out", "receipt.spki"],
            in: certificates.folder)
        let digest = try OpenSSLTool.run(["dgst", "-sha256", "-r", "receipt.spki"], in: certificates.folder)
        #expect(digest.hasPrefix(try load().receiptLogID.hex))
    }

    @Test(
        "A missing file is named",
        arguments: ["tls.pem", "signing.pem", "upstream-ca.pem", "receipt.pem", "hub.json"])
    func missing(name: String) throws {
        try FileManager.default.removeItem(atPath: path(name))
        #expect(throws: IdentityFault.missing(path: path(name))) { _ = try load() }
    }

    @Test("A missing key is named", arguments: HubKeyUse.allCases)
    func missingKey(use: HubKeyUse) throws {
        try FileManager.default.removeItem(atPath: path("\(use.rawValue).key"))
        #expect(throws: IdentityFault.key(.missing(path: path("\(use.rawValue).key")))) { _ = try load() }
    }

    @Test("A certificate for another key is refused")
    func keyMismatch() throws {
        try certificates.folder.write(try certificates.pem("signing"), to: "identity/tls.pem")
        #expect(throws: IdentityFault.keyMismatch(certificatePath: path("tls.pem"), use: .tls)) { _ = try load() }
    }

    @Test("A certificate for another hub is refused")
    func hubMismatch() throws {
        try certificates.make("signing", subject: "/CN=hub-0002", issuer: "ca")
        try certificates.folder.write(try certificates.pem("signing"), to: "identity/signing.pem")
        #expect(throws: IdentityFault.hubMismatch(certificatePath: path("signing.pem"), expected: "hub-0001")) {
            _ = try load()
        }
    }

    @Test("A file that holds no certificate is refused", arguments: ["tls.pem", "upstream-ca.pem", "receipt.pem"])
    func malformed(name: String) throws {
        let key = try certificates.folder.read("receipt.key")
        for text in ["", "no PEM", key, try certificates.pem("ca") + key] {
            try certificates.folder.write(text, to: "identity/\(name)")
            #expect(throws: IdentityFault.malformed(path: path(name), reason: "no certificates in PEM form")) {
                _ = try load()
            }
        }
    }

    @Test("hub.json holds three members, well formed, and nothing else")
    func description() throws {
        let texts = [
            "", "[]", "{}", #"{"hub":"hub-0001","environment":"test"}"#,
            #"{"hub":"HUB","environment":"test","upstream":"https://u"}"#,
            #"{"hub":"hub-0001","environment":"","upstream":"https://u"}"#,
            #"{"hub":"hub-0001","environment":"test","upstream":"https://u","more":1}"#,
            #"{"hub":"hub-0001","hub":"hub-0002","environment":"test","upstream":"https://u"}"#,
        ]
        for text in texts {
            try certificates.folder.write(text, to: "identity/hub.json")
            let fault = #expect(throws: IdentityFault.self, "\(text)") { _ = try load() }
            guard case .malformed(path("hub.json"), _) = fault else {
                Issue.record("\(text): \(String(describing: fault))")
                continue
            }
        }
    }
}
