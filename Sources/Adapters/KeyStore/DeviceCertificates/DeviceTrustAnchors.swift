import DurableFiles
import Glibc
import SwiftASN1
package import X509

/// The maker's CA certificates: all `.pem` and `.crt` files of a folder.
package struct DeviceTrustAnchors: Sendable {
    package static let fileCountMax = 64
    package static let fileLengthMax = 65536

    package let certificates: [Certificate]
    /// The same in DER.
    package let der: [[UInt8]]

    /// An empty folder is no fault: then no device is trusted.
    package init(folder: String) throws(DeviceTrustAnchorFault) {
        var certificates: [Certificate] = []
        var der: [[UInt8]] = []
        for name in try Self.fileNames(in: folder) {
            let found = try Self.certificates(at: "\(folder)/\(name)")
            certificates += found.certificates
            der += found.der
        }
        self.certificates = certificates
        self.der = der
    }

    private static func fileNames(in folder: String) throws(DeviceTrustAnchorFault) -> [String] {
        let names: [String]
        do throws(FileFault) {
            names = try FolderNames.of(folder).filter { $0.hasSuffix(".pem") || $0.hasSuffix(".crt") }
        } catch {
            throw .unreadable(path: folder, errno: error.code)
        }
        guard names.count <= fileCountMax else { throw .tooMany(path: folder, countMax: fileCountMax) }
        return names
    }

    private static func certificates(at path: String) throws(DeviceTrustAnchorFault) -> PEMCertificates {
        let bytes: [UInt8]
        do throws(FileFault) {
            bytes = try DurableFile(path).contents(lengthMax: fileLengthMax).bytes
        } catch {
            throw .unreadable(path: path, errno: error.code)
        }
        guard let chain = PEMCertificates.parse(bytes) else { throw .malformed(path: path) }
        return chain
    }
}

/// Why the trust anchors cannot be used. Each prints as one line.
package enum DeviceTrustAnchorFault: Error, Sendable, Hashable {
    case unreadable(path: String, errno: Int32)
    case malformed(path: String)
    case tooMany(path: String, countMax: Int)
}

extension DeviceTrustAnchorFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let path, let errno): "\(path): cannot be read (errno \(errno))"
        case .malformed(let path): "\(path) holds no certificates in PEM form"
        case .tooMany(let path, let countMax): "\(path) holds more than \(countMax) certificate files"
        }
    }
}
