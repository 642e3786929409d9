/// One configuration of a device, with all that belongs to it. USB 2.0, table 9-10.
package struct USBConfiguration: Sendable, Hashable {
    static let byteCount = 9

    package var value: UInt8
    package var nameIndex: UInt8
    package var attributes: UInt8
    /// Units of 2 mA.
    package var power: UInt8
    package var interfaces: [USBInterface]

    package init(
        value: UInt8 = 1, nameIndex: UInt8 = 0, attributes: UInt8 = 0x80, power: UInt8 = 250,
        interfaces: [USBInterface]
    ) {
        self.value = value
        self.nameIndex = nameIndex
        self.attributes = attributes
        self.power = power
        self.interfaces = interfaces
    }

    /// Reads one configuration from `bytes` at `start`, and moves `start` behind it.
    ///
    /// Descriptors of classes, which stand between the standard ones, are skipped.
    init(decoding bytes: [UInt8], at start: inout Int) throws(USBDescriptorError) {
        let head = try Self.descriptor(in: bytes, at: start, end: bytes.count)
        guard head.type == USBDescriptorType.configuration else {
            throw .typeUnexpected(expected: USBDescriptorType.configuration, found: head.type, offset: start)
        }
        guard head.body.count >= Self.byteCount else {
            throw .tooShort(type: head.type, length: head.body.count, offset: start)
        }
        let totalLength = Int(bytes[start + 2]) | Int(bytes[start + 3]) << 8
        let end = start + totalLength
        guard totalLength >= head.body.count, end <= bytes.count else { throw .truncated(offset: start) }
        let interfaceCount = Int(bytes[start + 4])
        self.init(
            value: bytes[start + 5], nameIndex: bytes[start + 6], attributes: bytes[start + 7],
            power: bytes[start + 8], interfaces: [])

        var endpointCounts: [Int] = []
        var offset = start + head.body.count
        // Each round passes at least the two bytes of a descriptor's head.
        while offset < end {
            let (type, body) = try Self.descriptor(in: bytes, at: offset, end: end)
            switch type {
            case USBDescriptorType.interface:
                guard body.count >= USBInterface.byteCount else {
                    throw .tooShort(type: type, length: body.count, offset: offset)
                }
                endpointCounts.append(Int(bytes[offset + 4]))
                interfaces.append(USBInterface(body: body))
            case USBDescriptorType.endpoint:
                guard body.count >= USBEndpoint.byteCount else {
                    throw .tooShort(type: type, length: body.count, offset: offset)
                }
                guard !interfaces.isEmpty else { throw .endpointOutsideInterface(offset: offset) }
                interfaces[interfaces.count - 1].endpoints.append(USBEndpoint(body: body))
            default:
                break
            }
            offset += body.count
        }
        for (interface, count) in zip(interfaces, endpointCounts) where interface.endpoints.count != count {
            throw .countWrong(what: "endpoints", said: count, found: interface.endpoints.count)
        }
        let numbers = Set(interfaces.map(\.number))
        guard numbers.count == interfaceCount else {
            throw .countWrong(what: "interfaces", said: interfaceCount, found: numbers.count)
        }
        start = end
    }

    /// With everything that belongs to it. At most 65535 bytes: whoever makes it keeps to that.
    package func encoded() -> [UInt8] {
        let body = interfaces.flatMap { $0.encoded() }
        let totalLength = UInt16(truncatingIfNeeded: Self.byteCount + body.count)
        let interfaceCount = UInt8(truncatingIfNeeded: Set(interfaces.map(\.number)).count)
        return [UInt8(Self.byteCount), USBDescriptorType.configuration] + totalLength.littleEndianBytes
            + [interfaceCount, value, nameIndex, attributes, power] + body
    }

    private static func descriptor(
        in bytes: [UInt8], at offset: Int, end: Int
    ) throws(USBDescriptorError) -> (type: UInt8, body: ArraySlice<UInt8>) {
        guard offset + 2 <= end else { throw .truncated(offset: offset) }
        let length = Int(bytes[offset])
        guard length >= 2 else { throw .tooShort(type: bytes[offset + 1], length: length, offset: offset) }
        guard offset + length <= end else { throw .truncated(offset: offset) }
        return (bytes[offset + 1], bytes[offset..<offset + length])
    }
}
