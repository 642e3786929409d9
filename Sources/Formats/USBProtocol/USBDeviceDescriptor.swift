/// What a device says of itself as a whole: 18 bytes, little endian. USB 2.0, table 9-8.
package struct USBDeviceDescriptor: Sendable, Hashable {
    package static let byteCount = 18

    /// Binary-coded decimal: 0x0200 is 2.0.
    package var usbVersion: UInt16 = 0x0200
    package var deviceClass: UInt8 = 0
    package var deviceSubclass: UInt8 = 0
    package var deviceProtocol: UInt8 = 0
    /// Bytes of a packet on endpoint 0.
    package var packetLengthMax: UInt8 = 64
    package var vendorID: UInt16
    package var productID: UInt16
    package var deviceVersion: UInt16 = 0x0100
    /// Numbers of string descriptors; 0 is none.
    package var manufacturerIndex: UInt8 = 0
    package var productIndex: UInt8 = 0
    package var serialIndex: UInt8 = 0
    package var configurationCount: UInt8 = 1

    package init(vendorID: UInt16, productID: UInt16) {
        self.vendorID = vendorID
        self.productID = productID
    }

    /// Reads the descriptor from the first 18 of `bytes`; more may follow.
    package init(decoding bytes: some RandomAccessCollection<UInt8>) throws(USBDescriptorError) {
        let bytes = Array(bytes.prefix(Self.byteCount))
        guard bytes.count == Self.byteCount else { throw .truncated(offset: 0) }
        guard bytes[1] == USBDescriptorType.device else {
            throw .typeUnexpected(expected: USBDescriptorType.device, found: bytes[1], offset: 0)
        }
        guard Int(bytes[0]) >= Self.byteCount else {
            throw .tooShort(type: bytes[1], length: Int(bytes[0]), offset: 0)
        }
        func word(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }
        self.init(vendorID: word(8), productID: word(10))
        usbVersion = word(2)
        deviceClass = bytes[4]
        deviceSubclass = bytes[5]
        deviceProtocol = bytes[6]
        packetLengthMax = bytes[7]
        deviceVersion = word(12)
        manufacturerIndex = bytes[14]
        productIndex = bytes[15]
        serialIndex = bytes[16]
        configurationCount = bytes[17]
    }

    package func encoded() -> [UInt8] {
        [UInt8(Self.byteCount), USBDescriptorType.device] + usbVersion.littleEndianBytes
            + [deviceClass, deviceSubclass, deviceProtocol, packetLengthMax]
            + vendorID.littleEndianBytes + productID.littleEndianBytes + deviceVersion.littleEndianBytes
            + [manufacturerIndex, productIndex, serialIndex, configurationCount]
    }

    /// The qualifier for the other speed: 10 bytes. USB 2.0, table 9-9.
    package func encodedQualifier() -> [UInt8] {
        [10, USBDescriptorType.deviceQualifier] + usbVersion.littleEndianBytes
            + [deviceClass, deviceSubclass, deviceProtocol, packetLengthMax, configurationCount, 0]
    }
}

extension UInt16 {
    package var littleEndianBytes: [UInt8] {
        [UInt8(truncatingIfNeeded: self), UInt8(truncatingIfNeeded: self >> 8)]
    }
}
