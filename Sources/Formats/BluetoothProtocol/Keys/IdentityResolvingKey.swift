/// The key by which a device's private addresses are recognised, as the management interface carries it: 23 bytes.
///
/// Its bytes are secret: `description` does not hold them.
package struct IdentityResolvingKey: Sendable, Hashable {
    package static let valueByteCount = 16

    /// The identity that the private addresses stand for.
    package var peer: BluetoothPeer
    package var value: [UInt8]

    /// Nil unless the value has 16 bytes.
    package init?(peer: BluetoothPeer, value: [UInt8]) {
        guard value.count == Self.valueByteCount else { return nil }
        self.peer = peer
        self.value = value
    }

    package func encoded() -> [UInt8] {
        peer.encoded() + value
    }

    init(from reader: inout ByteReader) throws(BluetoothError) {
        peer = try BluetoothPeer(from: &reader)
        value = try reader.bytes(Self.valueByteCount, "identity resolving key")
    }
}

extension IdentityResolvingKey: CustomStringConvertible {
    package var description: String { "identity resolving key of \(peer)" }
}
