/// One setting of one interface, with its endpoints. USB 2.0, table 9-12.
package struct USBInterface: Sendable, Hashable {
    static let byteCount = 9

    package var number: UInt8
    package var alternateSetting: UInt8
    package var interfaceClass: UInt8
    package var interfaceSubclass: UInt8
    package var interfaceProtocol: UInt8
    /// Number of a string descriptor; 0 is none.
    package var nameIndex: UInt8
    package var endpoints: [USBEndpoint]

    package init(
        number: UInt8, alternateSetting: UInt8 = 0, interfaceClass: UInt8, interfaceSubclass: UInt8,
        interfaceProtocol: UInt8, nameIndex: UInt8 = 0, endpoints: [USBEndpoint]
    ) {
        self.number = number
        self.alternateSetting = alternateSetting
        self.interfaceClass = interfaceClass
        self.interfaceSubclass = interfaceSubclass
        self.interfaceProtocol = interfaceProtocol
        self.nameIndex = nameIndex
        self.endpoints = endpoints
    }

    /// - Parameter body: the descriptor, at least 9 bytes; its endpoints follow.
    init(body: ArraySlice<UInt8>) {
        let bytes = Array(body)
        self.init(
            number: bytes[2], alternateSetting: bytes[3], interfaceClass: bytes[5], interfaceSubclass: bytes[6],
            interfaceProtocol: bytes[7], nameIndex: bytes[8], endpoints: [])
    }

    package func encoded() -> [UInt8] {
        [
            UInt8(Self.byteCount), USBDescriptorType.interface, number, alternateSetting,
            UInt8(truncatingIfNeeded: endpoints.count), interfaceClass, interfaceSubclass, interfaceProtocol, nameIndex,
        ] + endpoints.flatMap { $0.encoded() }
    }
}
