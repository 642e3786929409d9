/// One endpoint of an interface: 7 bytes. USB 2.0, table 9-13.
package struct USBEndpoint: Sendable, Hashable {
    package static let byteCount = 7

    package enum TransferType: UInt8, Sendable, Hashable {
        case control
        case isochronous
        case bulk
        case interrupt
    }

    /// Bit 7: towards the host. Bits 3-0: the endpoint's number.
    package var address: UInt8
    package var transferType: TransferType
    /// Bytes of a packet.
    package var packetLengthMax: UInt16
    /// Of interrupt endpoints, in the units of the speed.
    package var interval: UInt8

    package init(address: UInt8, transferType: TransferType, packetLengthMax: UInt16, interval: UInt8 = 0) {
        self.address = address
        self.transferType = transferType
        self.packetLengthMax = packetLengthMax
        self.interval = interval
    }

    package var isIn: Bool { address & 0x80 != 0 }

    /// - Parameter body: the descriptor, at least 7 bytes.
    init(body: ArraySlice<UInt8>) {
        let bytes = Array(body)
        address = bytes[2]
        transferType = TransferType(rawValue: bytes[3] & 0b11) ?? .control
        // Bits 12-11 are further transactions a microframe of periodic endpoints.
        packetLengthMax = (UInt16(bytes[4]) | UInt16(bytes[5]) << 8) & 0x7FF
        interval = bytes[6]
    }

    package func encoded() -> [UInt8] {
        [UInt8(Self.byteCount), USBDescriptorType.endpoint, address, transferType.rawValue]
            + packetLengthMax.littleEndianBytes + [interval]
    }
}
