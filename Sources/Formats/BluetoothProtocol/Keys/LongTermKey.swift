/// The key that encrypts a link to a bonded device, as the management interface carries it: 36 bytes.
///
/// Its bytes are secret: `description` does not hold them.
package struct LongTermKey: Sendable, Hashable {
    /// How the key came to be.
    package enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        case legacyUnauthenticated = 0
        case legacyAuthenticated = 1
        /// LE Secure Connections, Just Works.
        case p256Unauthenticated = 2
        /// LE Secure Connections with numeric comparison, passkey or out-of-band data.
        case p256Authenticated = 3
        /// Made with the debug key that everybody knows.
        case p256Debug = 4
    }

    package static let valueByteCount = 16
    package static let encodedByteCount = 36

    package var peer: BluetoothPeer
    package var kind: Kind
    /// Whether it is the key of the central of a legacy pairing; 0 with Secure Connections, which have one key.
    package var isCentral: Bool
    /// Bytes of entropy that both sides agreed on, 7 to 16: anything below 16 may have been talked down (KNOB).
    package var size: UInt8
    package var encryptedDiversifier: UInt16
    package var randomNumber: UInt64
    package var value: [UInt8]

    /// Nil unless the value has 16 bytes.
    package init?(
        peer: BluetoothPeer, kind: Kind, isCentral: Bool = false, size: UInt8 = 16, encryptedDiversifier: UInt16 = 0,
        randomNumber: UInt64 = 0, value: [UInt8]
    ) {
        guard value.count == Self.valueByteCount else { return nil }
        self.peer = peer
        self.kind = kind
        self.isCentral = isCentral
        self.size = size
        self.encryptedDiversifier = encryptedDiversifier
        self.randomNumber = randomNumber
        self.value = value
    }

    package func encoded() -> [UInt8] {
        var bytes = peer.encoded() + [kind.rawValue, isCentral ? 1 : 0, size]
        bytes.append(littleEndian: encryptedDiversifier)
        bytes.append(littleEndian: randomNumber)
        return bytes + value
    }

    init(from reader: inout ByteReader) throws(BluetoothError) {
        peer = try BluetoothPeer(from: &reader)
        let number = try reader.uint8("key type")
        guard let kind = Kind(rawValue: number) else { throw .valueUnknown(field: "key type", value: UInt64(number)) }
        self.kind = kind
        let central = try reader.uint8("central")
        guard central <= 1 else { throw .valueUnknown(field: "central", value: UInt64(central)) }
        isCentral = central == 1
        size = try reader.uint8("key size")
        guard size <= Self.valueByteCount else { throw .valueUnknown(field: "key size", value: UInt64(size)) }
        encryptedDiversifier = try reader.uint16("encrypted diversifier")
        randomNumber = try reader.uint64("random")
        value = try reader.bytes(Self.valueByteCount, "key")
    }
}

extension LongTermKey: CustomStringConvertible {
    package var description: String { "key \(kind) of \(size) bytes for \(peer)" }
}
