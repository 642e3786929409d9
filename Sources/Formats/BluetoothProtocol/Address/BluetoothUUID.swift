import TextEncodings

/// A UUID of 128 bits, or the 16 bits that stand for one of the Bluetooth SIG's own.
package enum BluetoothUUID: Sendable, Hashable {
    case short(UInt16)
    /// As sent: 16 bytes, the least significant first.
    case long(wireBytes: [UInt8])

    package static let longByteCount = 16

    /// Reads "8D53DC1D-1DB7-4CD3-868B-8A527460AA84", or four digits.
    package init(_ text: String) throws(BluetoothError) {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let lengths = groups.map(\.count)
        guard lengths == [8, 4, 4, 4, 12] || lengths == [4] else { throw .uuidMalformed(String(text.prefix(40))) }
        guard let bytes = Hexadecimal.bytes(of: text.filter { $0 != "-" }) else {
            throw .uuidMalformed(String(text.prefix(40)))
        }
        self = bytes.count == 2 ? .short(UInt16(bytes[0]) << 8 | UInt16(bytes[1])) : .long(wireBytes: bytes.reversed())
    }

    /// Nil unless there are 2 or 16 bytes.
    package init?(wireBytes: [UInt8]) {
        switch wireBytes.count {
        case 2: self = .short(UInt16(wireBytes[1]) << 8 | UInt16(wireBytes[0]))
        case Self.longByteCount: self = .long(wireBytes: wireBytes)
        default: return nil
        }
    }

    /// 2 or 16 bytes.
    package var wireBytes: [UInt8] {
        switch self {
        case .short(let number): [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
        case .long(let bytes): bytes
        }
    }

    /// 16 bytes, with the SIG's base where the UUID is short: Core Specification, volume 3, part B, §2.5.1.
    package var longWireBytes: [UInt8] {
        switch self {
        case .short(let number):
            [0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00, 0x00, 0x80, 0x00, 0x10, 0x00, 0x00]
                + [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8), 0, 0]
        case .long(let bytes):
            bytes
        }
    }
}
