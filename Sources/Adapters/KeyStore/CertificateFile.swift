/// A PEM file of certificates that someone handed to this hub.
package enum CertificateFile {
    package enum Fault: Error, Sendable, Hashable, CustomStringConvertible {
        case unreadable(errno: Int32)
        case malformed

        package var description: String {
            switch self {
            case .unreadable(let errno): "cannot be read (errno \(errno))"
            case .malformed: "holds no certificates in PEM form"
            }
        }
    }

    /// Bytes of the file, at most.
    private static let lengthMax = 65_536

    /// DER, in the file's order; at least one.
    package static func read(_ path: String) throws(Fault) -> [[UInt8]] {
        let bytes: [UInt8]
        do throws(DurableFile.Fault) {
            bytes = try DurableFile.read(path, lengthMax: lengthMax).bytes
        } catch {
            throw .unreadable(errno: error.errno)
        }
        guard let chain = PEMCertificates.parse(bytes) else { throw .malformed }
        return chain.der
    }
}
