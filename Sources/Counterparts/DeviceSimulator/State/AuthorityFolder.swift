package import DurableFiles

/// A test authority on disk: `device-ca.pem`, and `device-ca.key` (PEM, 0600).
package struct AuthorityFolder: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    package var certificateFile: DurableFile { DurableFile(path + "/device-ca.pem") }
    package var keyFile: DurableFile { DurableFile(path + "/device-ca.key") }

    /// The authority kept here; nil where there is none.
    package func load() throws -> DeviceAuthority? {
        guard let certificate = try StateFolder.bytes(certificateFile), let key = try StateFolder.bytes(keyFile) else {
            return nil
        }
        return try DeviceAuthority(
            certificatePEM: String(decoding: certificate, as: UTF8.self), keyPEM: String(decoding: key, as: UTF8.self))
    }

    /// The authority kept here, or a new one that is kept from now on.
    package func loadOrMake() throws -> DeviceAuthority {
        if let authority = try load() { return authority }
        try StateFolder.makeFolder(path, mode: 0o755)
        let authority = try DeviceAuthority()
        try keyFile.replace(with: Array((authority.keyPEM + "\n").utf8), access: .owner)
        try certificateFile.replace(with: Array((authority.certificatePEM + "\n").utf8), access: .everyone)
        return authority
    }
}
