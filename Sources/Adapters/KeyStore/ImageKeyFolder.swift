import DurableFiles
import Glibc
package import MCUbootImage
import SwiftASN1

/// The makers' public keys for firmware images: all `.pem` and `.der` files of a folder, SubjectPublicKeyInfo.
package struct ImageKeyFolder: Sendable {
    package static let fileCountMax = 16
    package static let fileLengthMax = 4_096

    package enum Fault: Error, Sendable, Hashable {
        case unreadable(path: String, errno: Int32)
        case unusable(path: String, ImageKey.Fault)
        case tooMany(path: String, countMax: Int)
    }

    package let keys: [ImageKey]

    /// A folder that is not there is no fault: then no image is accepted.
    package init(_ folder: String) throws(Fault) {
        var keys: [ImageKey] = []
        for name in try Self.fileNames(in: folder) { keys.append(try Self.key(at: "\(folder)/\(name)")) }
        self.keys = keys
    }

    private static func fileNames(in folder: String) throws(Fault) -> [String] {
        let names: [String]
        do throws(FileFault) {
            names = try FolderNames.ifThere(folder).filter { $0.hasSuffix(".pem") || $0.hasSuffix(".der") }
        } catch {
            throw .unreadable(path: folder, errno: error.code)
        }
        guard names.count <= fileCountMax else { throw .tooMany(path: folder, countMax: fileCountMax) }
        return names
    }

    private static func key(at path: String) throws(Fault) -> ImageKey {
        let bytes: [UInt8]
        do throws(FileFault) {
            bytes = try DurableFile(path).contents(lengthMax: fileLengthMax).bytes
        } catch {
            throw .unreadable(path: path, errno: error.code)
        }
        do throws(ImageKey.Fault) {
            return try ImageKey(der: try der(of: bytes))
        } catch {
            throw .unusable(path: path, error)
        }
    }

    /// RFC 7468 §13, or DER as it is.
    private static func der(of bytes: [UInt8]) throws(ImageKey.Fault) -> [UInt8] {
        guard bytes.starts(with: Array("-----BEGIN".utf8)) else { return bytes }
        guard let document = try? PEMDocument(pemString: String(decoding: bytes, as: UTF8.self)),
            document.discriminator == "PUBLIC KEY"
        else { throw .unsupported }
        return document.derBytes
    }
}

extension ImageKeyFolder.Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let path, let errno): "\(path): \(String(cString: strerror(errno)))"
        case .unusable(let path, let fault): "\(path): \(fault)"
        case .tooMany(let path, let countMax): "\(path): more than \(countMax) keys"
        }
    }
}
