package import Crypto
package import FoundationEssentials
import JSONCoding
import SwiftASN1
package import X509

/// The folder that an upstream lives in: its authority, its keys, its settings and its databases.
///
/// `ca.pem`/`ca.key`, `server.pem`/`server.key`, `receipt.pem`/`receipt.key`, `upstream.json`, `desk.sqlite`,
/// `devices.sqlite`, `ledger.sqlite`. Keys are 0600 and never leave the folder.
package struct StateFolder: Sendable {
    /// A server certificate with less life than this is issued anew at the start.
    private static let renewalMargin: TimeInterval = 30 * 86_400

    /// What `init` fixed for good: receipts and batches are bound to the environment.
    package struct Settings: Sendable, Hashable {
        package var environment: String
        /// DNS names and addresses in the server's certificate.
        package var names: [String]

        package init(environment: String, names: [String]) {
            self.environment = environment
            self.names = names
        }
    }

    package let path: String
    package let settings: Settings
    package let authority: CertificateAuthority
    package let receiptKey: P256.Signing.PrivateKey
    package let receiptCertificate: Certificate

    var deskPath: String { path + "/desk.sqlite" }
    var ledgerPath: String { path + "/ledger.sqlite" }
    var registryPath: String { path + "/devices.sqlite" }
    package var authorityPath: String { path + "/ca.pem" }
    private var serverCertificatePath: String { path + "/server.pem" }
    private var serverKeyPath: String { path + "/server.key" }

    /// Makes a folder and everything in it but the databases.
    ///
    /// - Parameter authority: PEM files of an existing authority; nil makes a new one.
    package static func create(
        at path: String, settings: Settings, authority given: (certificate: String, key: String)? = nil, now: Date
    ) throws(CertificateFault) {
        try DurableFile.makeFolder(path)
        let settingsPath = path + "/upstream.json"
        guard !DurableFile.exists(settingsPath) else {
            throw .file(path: settingsPath, reason: "exists already: this folder is initialised")
        }
        let authority: CertificateAuthority
        if let given {
            let key = try DurableFile.readText(given.key)
            authority = try CertificateAuthority(
                certificate: readCertificate(given.certificate),
                key: try faulting(given.key) { try Certificate.PrivateKey(pemEncoded: key) })
            try DurableFile.write(key, to: path + "/ca.key", .secret)
        } else {
            let key = P256.Signing.PrivateKey()
            authority = try .making(commonName: "corhub upstream \(settings.environment) CA", key: key, at: now)
            try DurableFile.write(key.pemRepresentation, to: path + "/ca.key", .secret)
        }
        try DurableFile.write(try authority.certificate.pemText(), to: path + "/ca.pem", .open)

        let receiptKey = P256.Signing.PrivateKey()
        let receiptCertificate = try authority.issue(
            .receipt, commonName: "corhub upstream \(settings.environment) receipts",
            publicKey: .init(receiptKey.publicKey), at: now)
        try DurableFile.write(receiptKey.pemRepresentation, to: path + "/receipt.key", .secret)
        try DurableFile.write(try receiptCertificate.pemText(), to: path + "/receipt.pem", .open)

        // Last, because its presence says that the rest is there.
        let json: JSONValue = [
            "version": 1, "environment": .string(settings.environment),
            "names": .array(settings.names.map(JSONValue.string)),
        ]
        try DurableFile.write(json.serialized(pretty: true) + "\n", to: settingsPath, .open)
    }

    package init(opening path: String) throws(CertificateFault) {
        let settingsPath = path + "/upstream.json"
        guard DurableFile.exists(settingsPath) else {
            throw .file(path: path, reason: "not initialised: run corhub-upstream init \(path)")
        }
        self.path = path
        settings = try Self.readSettings(settingsPath)
        authority = try CertificateAuthority(
            certificate: Self.readCertificate(path + "/ca.pem"), key: .init(Self.readKey(path + "/ca.key")))
        receiptKey = try Self.readKey(path + "/receipt.key")
        receiptCertificate = try Self.readCertificate(path + "/receipt.pem")
        guard receiptCertificate.publicKey == .init(receiptKey.publicKey) else {
            throw .file(path: path + "/receipt.key", reason: "does not belong to receipt.pem")
        }
    }

    /// The server's certificate and key in PEM, issued anew when they are missing or near their end.
    func serverIdentity(at now: Date) throws(CertificateFault) -> (certificate: String, key: String) {
        if DurableFile.exists(serverCertificatePath), DurableFile.exists(serverKeyPath),
            try Self.readCertificate(serverCertificatePath).notValidAfter > now.addingTimeInterval(Self.renewalMargin)
        {
            return (try DurableFile.readText(serverCertificatePath), try DurableFile.readText(serverKeyPath))
        }
        let key = P256.Signing.PrivateKey()
        let certificate = try authority.issue(
            .server, commonName: settings.names.first ?? "localhost", publicKey: .init(key.publicKey),
            names: settings.names, at: now)
        try DurableFile.write(key.pemRepresentation, to: serverKeyPath, .secret)
        try DurableFile.write(try certificate.pemText(), to: serverCertificatePath, .open)
        return (try certificate.pemText(), key.pemRepresentation)
    }

    /// Every certificate of a PEM file.
    package static func readCertificates(_ path: String) throws(CertificateFault) -> [Certificate] {
        let text = try DurableFile.readText(path)
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
        let text = try DurableFile.readText(path)
        return try faulting(path) { try P256.Signing.PrivateKey(pemRepresentation: text) }
    }

    private static func readSettings(_ path: String) throws(CertificateFault) -> Settings {
        let bytes = try DurableFile.read(path)
        guard let json = try? JSONValue.parse(bytes), json["version"]?.integerValue == 1,
            let environment = json["environment"]?.stringValue,
            let names = json["names"]?.arrayValue?.compactMap(\.stringValue)
        else { throw .file(path: path, reason: "not the settings of an upstream") }
        return Settings(environment: environment, names: names)
    }
}

extension Certificate {
    package func pemText() throws(CertificateFault) -> String {
        try faulting("certificate") { try serializeAsPEM().pemString + "\n" }
    }
}
