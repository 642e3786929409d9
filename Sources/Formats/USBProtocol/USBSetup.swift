/// The eight bytes that begin a control transfer, little endian. USB 2.0, table 9-2.
package struct USBSetup: Sendable, Hashable {
    package static let byteCount = 8

    /// Bit 7: towards the host. Bits 6-5: standard, class, vendor. Bits 4-0: device, interface, endpoint.
    package var requestType: UInt8
    package var request: UInt8
    package var value: UInt16
    package var index: UInt16
    /// Bytes of the data that follow, or the most that are wanted.
    package var length: UInt16

    package init(requestType: UInt8, request: UInt8, value: UInt16 = 0, index: UInt16 = 0, length: UInt16 = 0) {
        self.requestType = requestType
        self.request = request
        self.value = value
        self.index = index
        self.length = length
    }

    /// Nil unless there are eight bytes.
    package init?(decoding bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }
        self.init(requestType: bytes[0], request: bytes[1], value: word(2), index: word(4), length: word(6))
    }

    package var isIn: Bool { requestType & 0x80 != 0 }

    package func encoded() -> [UInt8] {
        [requestType, request] + value.littleEndianBytes + index.littleEndianBytes + length.littleEndianBytes
    }
}

/// Standard requests. USB 2.0, table 9-4.
package enum USBRequest {
    package static let getStatus: UInt8 = 0
    package static let clearFeature: UInt8 = 1
    package static let setFeature: UInt8 = 3
    package static let setAddress: UInt8 = 5
    package static let getDescriptor: UInt8 = 6
    package static let getConfiguration: UInt8 = 8
    package static let setConfiguration: UInt8 = 9
    package static let getInterface: UInt8 = 10
    package static let setInterface: UInt8 = 11

    /// The feature that a stalled endpoint has.
    package static let endpointHalt: UInt16 = 0
}
