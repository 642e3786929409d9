/// The eight bytes before every SMP payload, big endian.
///
/// Byte 0 holds reserved (3 bits, ignored when read and written as 0), version (2) and operation (3); then flags,
/// length (u16, of the payload only), group (u16), sequence, command. Source: Zephyr, "SMP Protocol Specification".
package struct SMPHeader: Sendable, Hashable {
    package static let byteCount = 8

    package var version: SMPVersion
    package var operation: SMPOperation
    package var flags: UInt8
    package var length: UInt16
    package var group: UInt16
    package var sequence: UInt8
    package var command: UInt8

    package init(
        version: SMPVersion = .v2, operation: SMPOperation, flags: UInt8 = 0, length: UInt16, group: UInt16,
        sequence: UInt8, command: UInt8
    ) {
        self.version = version
        self.operation = operation
        self.flags = flags
        self.length = length
        self.group = group
        self.sequence = sequence
        self.command = command
    }

    /// Reads the header from the first eight of `bytes`; more may follow.
    package init(decoding bytes: some RandomAccessCollection<UInt8>) throws(SMPError) {
        guard bytes.count >= Self.byteCount else { throw .headerTruncated(found: bytes.count) }
        func byte(_ offset: Int) -> UInt8 { bytes[bytes.index(bytes.startIndex, offsetBy: offset)] }

        let versionBits = (byte(0) >> 3) & 0b11
        guard let version = SMPVersion(rawValue: versionBits) else { throw .versionUnknown(versionBits) }
        let operationBits = byte(0) & 0b111
        guard let operation = SMPOperation(rawValue: operationBits) else { throw .operationUnknown(operationBits) }

        self.init(
            version: version, operation: operation, flags: byte(1),
            length: UInt16(byte(2)) << 8 | UInt16(byte(3)),
            group: UInt16(byte(4)) << 8 | UInt16(byte(5)),
            sequence: byte(6), command: byte(7))
    }

    package func encoded() -> [UInt8] {
        [
            version.rawValue << 3 | operation.rawValue, flags,
            UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length),
            UInt8(truncatingIfNeeded: group >> 8), UInt8(truncatingIfNeeded: group),
            sequence, command,
        ]
    }
}
