import Foundation

/// Keys and certificates made by openssl for one test: NAME.key and NAME.pem in a folder.
package struct CertificateFixtures: Sendable {
    package enum Curve: String, Sendable {
        case p256 = "P-256"
        case p384 = "P-384"
    }

    /// What an authority states of itself.
    package static let authorityExtensions = [
        "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
    ]
    package static let deviceExtensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"]
    package static let clientExtensions = deviceExtensions + ["extendedKeyUsage=clientAuth"]

    package static func serverExtensions(_ names: String) -> [String] {
        deviceExtensions + ["extendedKeyUsage=serverAuth", "subjectAltName=\(names)"]
    }

    package let folder: TemporaryFolder

    package init() throws {
        folder = try TemporaryFolder()
    }

    /// A certificate that signs itself.
    package func makeRoot(
        _ name: String, extensions: [String] = CertificateFixtures.authorityExtensions
    ) throws {
        try makeKey(name, .p256)
        try OpenSSLTool.run(
            [
                "req", "-new", "-x509", "-key", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)", "-days",
                "30",
            ]
                + ["-config", try configuration(name, extensions: extensions), "-extensions", "made"],
            in: folder)
    }

    /// A certificate that `issuer` signs. It is valid from now for `days`; a negative number has passed already.
    package func make(
        _ name: String, subject: String, issuer: String, curve: Curve = .p256, days: Int = 20,
        extensions: [String] = CertificateFixtures.deviceExtensions
    ) throws {
        if !FileManager.default.fileExists(atPath: folder.file("\(name).key")) {
            try makeKey(name, curve)
        }
        let configuration = try configuration(name, extensions: extensions)
        try OpenSSLTool.run(
            ["req", "-new", "-key", "\(name).key", "-out", "\(name).csr", "-subj", subject, "-config", configuration],
            in: folder)
        try OpenSSLTool.run(
            [
                "x509", "-req", "-in", "\(name).csr", "-CA", "\(issuer).pem", "-CAkey", "\(issuer).key",
                "-CAcreateserial",
            ]
                + ["-days", "\(days)", "-out", "\(name).pem", "-extfile", configuration, "-extensions", "made"],
            in: folder)
    }

    package func makeKey(_ name: String, _ curve: Curve = .p256) throws {
        try OpenSSLTool.run(
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(curve.rawValue)", "-out", "\(name).key"],
            in: folder)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: folder.file("\(name).key"))
    }

    package func pem(_ name: String) throws -> String {
        try folder.read("\(name).pem")
    }

    package func der(_ name: String) throws -> [UInt8] {
        try OpenSSLTool.run(["x509", "-in", "\(name).pem", "-outform", "DER", "-out", "\(name).der"], in: folder)
        return Array(try Data(contentsOf: URL(filePath: folder.file("\(name).der"))))
    }

    private func configuration(_ name: String, extensions: [String]) throws -> String {
        let text =
            "[req]\ndistinguished_name=subject\nprompt=no\n[subject]\nCN=unused\n[made]\n"
            + extensions.joined(separator: "\n") + "\n"
        try folder.write(text, to: "\(name).cnf")
        return "\(name).cnf"
    }
}
