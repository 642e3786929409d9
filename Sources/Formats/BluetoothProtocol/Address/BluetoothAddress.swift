import TextEncodings

/// A device address of 48 bits. Written with the most significant byte first, sent with the least significant first.
package struct BluetoothAddress: Sendable, Hashable {
    package static let byteCount = 6

    /// As sent: the least significant byte first; six of them.
    package let wireBytes: [UInt8]

    /// Nil unless there are six bytes, the least significant first.
    package init?(wireBytes: [UInt8]) {
        guard wireBytes.count == Self.byteCount else { return nil }
        self.wireBytes = wireBytes
    }

    /// Reads "C0:01:02:03:04:05"; letters may be small.
    package init(_ text: String) throws(BluetoothError) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == Self.byteCount else { throw .addressMalformed(String(text.prefix(32))) }
        guard parts.allSatisfy({ $0.count == 2 }), let bytes = Hexadecimal.bytes(of: text.filter { $0 != ":" }) else {
            throw .addressMalformed(String(text.prefix(32)))
        }
        wireBytes = bytes.reversed()
    }

    package static let zero = BluetoothAddress(zeros: ())

    private init(zeros: Void) {
        wireBytes = [UInt8](repeating: 0, count: Self.byteCount)
    }

    /// A static random address begins with two set bits, and is not all ones or all zeros behind them: Core
    /// Specification, volume 6, part B, §1.3.2.1.
    package var isStaticRandom: Bool {
        let high = wireBytes[5]
        let isAllOnes = wireBytes.dropLast().allSatisfy { $0 == 0xFF } && high == 0xFF
        let isAllZeros = wireBytes.dropLast().allSatisfy { $0 == 0 } && high & 0x3F == 0
        return high & 0xC0 == 0xC0 && !isAllOnes && !isAllZeros
    }

    init(from reader: inout ByteReader) throws(BluetoothError) {
        wireBytes = try reader.bytes(Self.byteCount, "address")
    }
}

extension BluetoothAddress: CustomStringConvertible {
    package var description: String {
        wireBytes.reversed().map { Hexadecimal.text(of: [$0]).uppercased() }.joined(separator: ":")
    }
}
