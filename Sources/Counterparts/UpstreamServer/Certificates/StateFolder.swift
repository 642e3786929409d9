package import Crypto
import DurableFiles
import ESTProtocol
package import FoundationEssentials
import JSONCoding
import SwiftASN1
package import X509

/// The folder that an upstream lives in: its authority, its keys, its settings and its databases.
///
/// `ca.pem`/`ca.key`, `server.pem`/`server.key`, `receipt.pem`/`receipt.key`, `upstream.json`, `desk.sqlite`,
/// `devices.sqlite`, `ledger.sqlite`; behind a roll-over of the authority `ca-N.pem`/`ca-N.key` with cross certificates. Keys
/// are 0600 and never leave the folder.
package struct StateFolder: Sendable {
    /// A server certificate with less life than this is issued anew at the start.
    private static let renewalMargin: TimeInterval = 30 * 86_400

    /// What `init` fixed for good: receipts and batches are bound to the environment.
    package struct Settings: Sendable, Hashable {
        package var environment: String
        /// DNS names and addresses in the server's certificate.
        package var names: [String]
        /// Which authority issues, from 1: how often it was rolled over, and one.
        package var authorityNumber = 1

        package init(environment: String, names: [String]) {
            self.environment = environment
            self.names = names
        }
    }

    package let path: String
    package let settings: Settings
    package let authority: CertificateAuthority
    /// All that hubs' certificates may lead to, the present authority's first.
    package let roots: [Certificate]
    /// For each roll-over, the newest first: the new key with the old one's word, and the old key with the new one's.
    package let crossCertificates: [(newWithOld: Certificate, oldWithNew: Certificate)]
    package let receiptKey: P256.Signing.PrivateKey
    package let receiptCertificate: Certificate

    var deskPath: String { path + "/desk.sqlite" }
    var ledgerPath: String { path + "/ledger.sqlite" }
    var registryPath: String { path + "/devices.sqlite" }
    package var authorityPath: String { AuthorityFiles(path, settings.authorityNumber).certificate }
    private var serverCertificatePath: String { path + "/server.pem" }
    private var serverKeyPath: String { path + "/server.key" }

    /// Makes a folder and everything in it but the databases.
    ///
    /// - Parameter authority: PEM files of an existing authority; nil makes a new one.
    package static func create(
        at path: String, settings: Settings, authority given: (certificate: String, key: String)? = nil, now: Date
    ) throws(CertificateFault) {
        try ServerFile.makeFolder(path)
        let settingsPath = path + "/upstream.json"
        guard !ServerFile.exists(settingsPath) else {
            throw .file(path: settingsPath, reason: "exists already: this folder is initialised")
        }
        let authority: CertificateAuthority
        if let given {
            let key = try ServerFile.readText(given.key)
            authority = try CertificateAuthority(
                certificate: readCertificate(given.certificate),
                key: try faulting(given.key) { try Certificate.PrivateKey(pemEncoded: key) })
            try ServerFile.write(key, to: path + "/ca.key", .owner)
        } else {
            let key = P256.Signing.PrivateKey()
            authority = try .making(commonName: "corhub upstream \(settings.environment) CA", key: key, at: now)
            try ServerFile.write(key.pemRepresentation, to: path + "/ca.key", .owner)
        }
        try ServerFile.write(try authority.certificate.pemText(), to: path + "/ca.pem", .everyone)

        let receiptKey = P256.Signing.PrivateKey()
        let receiptCertificate = try authority.issue(
            .receipt, commonName: "corhub upstream \(settings.environment) receipts",
            publicKey: .init(receiptKey.publicKey), at: now)
        try ServerFile.write(receiptKey.pemRepresentation, to: path + "/receipt.key", .owner)
        try ServerFile.write(try receiptCertificate.pemText(), to: path + "/receipt.pem", .everyone)

        // Last, because its presence says that the rest is there.
        try settings.write(to: settingsPath)
    }

    /// Makes an authority that follows the present one, and has each vouch for the other. A server that runs goes on with
    /// the old one until it is started again.
    ///
    /// - Parameter given: PEM files of an authority that was made elsewhere, with the name of the present one.
    package func rollOver(
        to given: (certificate: String, key: String)? = nil, now: Date
    ) throws(CertificateFault) {
        var next = settings
        next.authorityNumber += 1
        let files = AuthorityFiles(path, next.authorityNumber)
        let successor: CertificateAuthority
        let key: String
        if let given {
            key = try ServerFile.readText(given.key)
            successor = try CertificateAuthority(
                certificate: Self.readCertificate(given.certificate),
                key: try faulting(given.key) { try Certificate.PrivateKey(pemEncoded: key) })
        } else {
            let made = P256.Signing.PrivateKey()
            key = made.pemRepresentation
            successor = try authority.successor(key: made, at: now)
        }
        let newWithOld = try authority.vouch(for: successor, at: now)
        let oldWithNew = try successor.vouch(for: authority, at: now)
        try ServerFile.write(key, to: files.key, .owner)
        try ServerFile.write(try successor.certificate.pemText(), to: files.certificate, .everyone)
        try ServerFile.write(try newWithOld.pemText(), to: files.newWithOld, .everyone)
        try ServerFile.write(try oldWithNew.pemText(), to: files.oldWithNew, .everyone)
        // Last: from now on the new one issues.
        try next.write(to: path + "/upstream.json")
    }

    /// What hubs shall know (RFC 7030 §4.1.3): the roots that have not ended, and the cross certificates between them, DER.
    package func publishedAuthorities(at now: Date) throws(CertificateFault) -> [[UInt8]] {
        var published: [[UInt8]] = []
        for root in roots where root.notValidAfter > now || root == authority.certificate {
            published.append(try root.derBytes())
        }
        for cross in crossCertificates where cross.newWithOld.notValidAfter > now {
            published += [try cross.newWithOld.derBytes(), try cross.oldWithNew.derBytes()]
        }
        return Array(published.prefix(CertsOnlyMessage.certificateCountMax))
    }

    package init(opening path: String) throws(CertificateFault) {
        let settingsPath = path + "/upstream.json"
        guard ServerFile.exists(settingsPath) else {
            throw .file(path: path, reason: "not initialised: run corhub-upstream init \(path)")
        }
        self.path = path
        settings = try Settings(reading: settingsPath)
        let present = AuthorityFiles(path, settings.authorityNumber)
        authority = try CertificateAuthority(
            certificate: Self.readCertificate(present.certificate), key: .init(Self.readKey(present.key)))
        var roots: [Certificate] = []
        var crossCertificates: [(newWithOld: Certificate, oldWithNew: Certificate)] = []
        for number in (1...settings.authorityNumber).reversed() {
            let files = AuthorityFiles(path, number)
            roots.append(try Self.readCertificate(files.certificate))
            guard number > 1 else { continue }
            crossCertificates.append(
                (try Self.readCertificate(files.newWithOld), try Self.readCertificate(files.oldWithNew)))
        }
        self.roots = roots
        self.crossCertificates = crossCertificates
        receiptKey = try Self.readKey(path + "/receipt.key")
        receiptCertificate = try Self.readCertificate(path + "/receipt.pem")
        guard receiptCertificate.publicKey == .init(receiptKey.publicKey) else {
            throw .file(path: path + "/receipt.key", reason: "does not belong to receipt.pem")
        }
    }

    /// The server's chain and key in PEM, issued anew when they are missing, near their end, or of an earlier authority.
    /// Behind a roll-over the chain leads on to the authorities that hubs may still know alone.
    func serverIdentity(at now: Date) throws(CertificateFault) -> (chain: String, key: String) {
        let (leaf, key) = try serverLeaf(at: now)
        var chain = leaf
        for cross in crossCertificates where cross.newWithOld.notValidAfter > now {
            chain += try cross.newWithOld.pemText()
        }
        return (chain, key)
    }

    private func serverLeaf(at now: Date) throws(CertificateFault) -> (certificate: String, key: String) {
        if ServerFile.exists(serverCertificatePath), ServerFile.exists(serverKeyPath) {
            let found = try Self.readCertificate(serverCertificatePath)
            if found.notValidAfter > now.addingTimeInterval(Self.renewalMargin),
                authority.certificate.publicKey.isValidSignature(found.signature, for: found)
            {
                return (try ServerFile.readText(serverCertificatePath), try ServerFile.readText(serverKeyPath))
            }
        }
        let key = P256.Signing.PrivateKey()
        let certificate = try authority.issue(
            .server, commonName: settings.names.first ?? "localhost", publicKey: .init(key.publicKey),
            names: settings.names, at: now)
        try ServerFile.write(key.pemRepresentation, to: serverKeyPath, .owner)
        try ServerFile.write(try certificate.pemText(), to: serverCertificatePath, .everyone)
        return (try certificate.pemText(), key.pemRepresentation)
    }

    /// Every certificate of a PEM file.
    package static func readCertificates(_ path: String) throws(CertificateFault) -> [Certificate] {
        let text = try ServerFile.readText(path)
        let certificates = try faulting(path) {
            try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
        }
        guard !certificates.isEmpty else { throw .file(path: path, reason: "holds no certificate") }
        return certificates
    }

    private static func readCertificate(_ path: String) throws(CertificateFault) -> Certificate {
        try readCertificates(path)[0]
    }

    private static func readKey(_ path: String) throws(CertificateFault) -> P256.Signing.PrivateKey {
        let text = try ServerFile.readText(path)
        return try faulting(path) { try P256.Signing.PrivateKey(pemRepresentation: text) }
    }
}

/// Where the authority of this number is; the first has no number in its names.
private struct AuthorityFiles {
    let certificate: String
    let key: String
    let newWithOld: String
    let oldWithNew: String

    init(_ folder: String, _ number: Int) {
        let name = number == 1 ? "ca" : "ca-\(number)"
        certificate = "\(folder)/\(name).pem"
        key = "\(folder)/\(name).key"
        newWithOld = "\(folder)/\(name)-with-old.pem"
        oldWithNew = "\(folder)/\(name)-for-old.pem"
    }
}

extension StateFolder.Settings {
    private static let authorityNumberMax: Int64 = 1000

    fileprivate init(reading path: String) throws(CertificateFault) {
        let bytes = try ServerFile.read(path)
        guard let json = try? JSONValue.parse(bytes), json["version"]?.integerValue == 1,
            let environment = json["environment"]?.stringValue,
            let names = json["names"]?.arrayValue?.compactMap(\.stringValue)
        else { throw .file(path: path, reason: "not the settings of an upstream") }
        self.init(environment: environment, names: names)
        if let number = json["authority"]?.integerValue {
            guard (1...Self.authorityNumberMax).contains(number) else {
                throw .file(path: path, reason: "not the settings of an upstream")
            }
            authorityNumber = Int(number)
        }
    }

    fileprivate func write(to path: String) throws(CertificateFault) {
        let json: JSONValue = [
            "version": 1, "environment": .string(environment), "names": .array(names.map(JSONValue.string)),
            "authority": .integer(Int64(authorityNumber)),
        ]
        try ServerFile.write(json.serialized(pretty: true) + "\n", to: path, .everyone)
    }
}

extension Certificate {
    package func pemText() throws(CertificateFault) -> String {
        try faulting("certificate") { try serializeAsPEM().pemString + "\n" }
    }
}
