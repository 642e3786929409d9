package import CBORCoding
import Crypto
import TextEncodings

/// A SHA-256 digest, 32 bytes.
///
/// firmware-specs/cddl: `sha256`.
package struct SHA256Hash: CBORShape, Sendable, Hashable {
    package static let byteCount = 32
    /// What stands where there is nothing before: the first of a chain.
    package static let zero = SHA256Hash(unchecked: [UInt8](repeating: 0, count: byteCount))

    package let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Nil unless there are 64 hexadecimal digits.
    package init?(hex: String) {
        guard let bytes = Hexadecimal.bytes(of: hex) else { return nil }
        self.init(bytes: bytes)
    }

    private init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static func of(_ bytes: [UInt8]) -> SHA256Hash {
        SHA256Hash(unchecked: Array(SHA256.hash(data: bytes)))
    }

    package var hex: String {
        Hexadecimal.text(of: bytes)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self.init(unchecked: try decoder.decodeBytes(length: Self.byteCount...Self.byteCount))
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(bytes: bytes)
    }
}

extension SHA256Hash: CustomStringConvertible {
    package var description: String { hex }
}
