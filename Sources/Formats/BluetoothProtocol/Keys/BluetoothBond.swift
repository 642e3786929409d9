package import CBORCoding

/// What the hub keeps of a paired device. The hub's own file: no specification but this one.
package struct BluetoothBond: CBORShape, Sendable, Hashable {
    /// The identity address; keys are kept under no other.
    package var peer: BluetoothPeer { longTermKey.peer }
    package var longTermKey: LongTermKey
    /// Nil for a device that uses its identity address on the air.
    package var identityKey: IdentityResolvingKey?

    package init(longTermKey: LongTermKey, identityKey: IdentityResolvingKey?) {
        self.longTermKey = longTermKey
        self.identityKey = identityKey
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        var key: LongTermKey?
        var identityKey: IdentityResolvingKey?
        try decoder.decodeMap { (field, value) throws(CBORError) in
            let offset = value.offset
            switch field {
            case 1:
                key = Self.read(try value.decodeBytes()) { (reader) throws(BluetoothError) in
                    try LongTermKey(from: &reader)
                }
                guard key != nil else { throw .unexpectedValue(expected: "a key", offset: offset) }
            case 2:
                identityKey = Self.read(try value.decodeBytes()) { (reader) throws(BluetoothError) in
                    try IdentityResolvingKey(from: &reader)
                }
                guard identityKey != nil else { throw .unexpectedValue(expected: "a key", offset: offset) }
            default: throw .unexpectedValue(expected: "a field of a bond", offset: offset)
            }
        }
        guard let key, key.peer.isIdentity, identityKey.map({ $0.peer == key.peer }) ?? true else {
            throw .unexpectedValue(expected: "keys of one identity", offset: start)
        }
        self.init(longTermKey: key, identityKey: identityKey)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: identityKey == nil ? 1 : 2)
        encoder.encode(1)
        encoder.encode(bytes: longTermKey.encoded())
        guard let identityKey else { return }
        encoder.encode(2)
        encoder.encode(bytes: identityKey.encoded())
    }

    private static func read<Key>(
        _ bytes: [UInt8], _ body: (inout ByteReader) throws(BluetoothError) -> Key
    ) -> Key? {
        var reader = ByteReader(bytes)
        guard let key = try? body(&reader), reader.remainingCount == 0 else { return nil }
        return key
    }
}
