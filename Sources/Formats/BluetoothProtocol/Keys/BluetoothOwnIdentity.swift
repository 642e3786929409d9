package import CBORCoding

/// Who this hub is on the air. It stays the same for as long as there are bonds, which name it.
package struct BluetoothOwnIdentity: CBORShape, Sendable, Hashable {
    /// 16 secret bytes: whoever has them recognises this hub's private addresses, so only bonded devices get them.
    package let resolvingKey: [UInt8]
    /// For a controller that has no address of its own; static random.
    package let staticAddress: BluetoothAddress

    /// - Parameter chance: 22 random bytes.
    package init?(chance: [UInt8]) {
        guard chance.count == IdentityResolvingKey.valueByteCount + BluetoothAddress.byteCount else { return nil }
        resolvingKey = Array(chance.prefix(IdentityResolvingKey.valueByteCount))
        var wireBytes = Array(chance.suffix(BluetoothAddress.byteCount))
        wireBytes[5] |= 0xC0
        guard let address = BluetoothAddress(wireBytes: wireBytes), address.isStaticRandom else { return nil }
        staticAddress = address
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        guard let identity = BluetoothOwnIdentity(chance: try decoder.decodeBytes()) else {
            throw .unexpectedValue(expected: "a key of 16 bytes and a static random address", offset: offset)
        }
        self = identity
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(bytes: resolvingKey + staticAddress.wireBytes)
    }
}

extension BluetoothOwnIdentity: CustomStringConvertible {
    package var description: String { "own identity, static address \(staticAddress)" }
}
