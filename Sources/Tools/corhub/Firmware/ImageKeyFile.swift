import MCUbootImage
import SwiftASN1

/// Reads a public key that may sign images: DER, or PEM with the label PUBLIC KEY (RFC 7468 §13).
enum ImageKeyFile {
    private static let lengthMax = 4_096
    private static let pemStart = Array("-----BEGIN".utf8)

    static func read(_ path: String) throws(CommandProblem) -> ImageKey {
        let bytes = try FirmwareFile.read(path, lengthMax: lengthMax)
        do throws(ImageKey.Fault) {
            return try ImageKey(der: try der(of: bytes))
        } catch {
            throw CommandProblem(.failed, code: "key-unusable", "\(path): \(error)")
        }
    }

    private static func der(of bytes: [UInt8]) throws(ImageKey.Fault) -> [UInt8] {
        guard bytes.starts(with: pemStart) else { return bytes }
        guard let document = try? PEMDocument(pemString: String(decoding: bytes, as: UTF8.self)),
            document.discriminator == "PUBLIC KEY"
        else { throw .unsupported }
        return document.derBytes
    }
}
