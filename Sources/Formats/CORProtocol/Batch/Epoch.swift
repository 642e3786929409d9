package import CBORCoding
import TextEncodings

/// One life of a hub's history: 16 random bytes, new after reinstallation or restore.
///
/// firmware-specs/cddl: `epoch`.
package struct Epoch: CBORShape, Sendable, Hashable {
    package static let byteCount = 16

    package let bytes: [UInt8]

    /// Nil unless there are 16 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Nil unless there are 32 hexadecimal digits.
    package init?(hex: String) {
        guard let bytes = Hexadecimal.bytes(of: hex) else { return nil }
        self.init(bytes: bytes)
    }

    package var hex: String {
        Hexadecimal.text(of: bytes)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        bytes = try decoder.decodeBytes(length: Self.byteCount...Self.byteCount)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(bytes: bytes)
    }
}

extension Epoch: CustomStringConvertible {
    package var description: String { hex }
}
