/// A device as the management interface names it: address and kind, 7 bytes.
package struct BluetoothPeer: Sendable, Hashable {
    package let address: BluetoothAddress
    package let kind: BluetoothAddressKind

    package init(address: BluetoothAddress, kind: BluetoothAddressKind) {
        self.address = address
        self.kind = kind
    }

    /// Whether the address stays the same for as long as the device lives: bonds are kept under such ones only.
    package var isIdentity: Bool {
        switch kind {
        case .lePublic: address != .zero
        case .leRandom: address.isStaticRandom
        }
    }

    package func encoded() -> [UInt8] {
        address.wireBytes + [kind.rawValue]
    }

    init(from reader: inout ByteReader) throws(BluetoothError) {
        address = try BluetoothAddress(from: &reader)
        let number = try reader.uint8("address type")
        guard let kind = BluetoothAddressKind(rawValue: number) else {
            throw .valueUnknown(field: "address type", value: UInt64(number))
        }
        self.kind = kind
    }
}

extension BluetoothPeer: CustomStringConvertible {
    package var description: String { address.description }
}
