package import CBORCoding

/// All bonds of this hub in the order of their making, and who the hub is on the air: the content of the bonds file, of
/// which the kernel is given everything at once.
package struct BluetoothBondList: CBORShape, Sendable, Hashable {
    /// A household's devices; the kernel's list is loaded with one packet.
    package static let countMax = 64
    package static let encodedLengthMax = 16_384
    private static let version = 1

    package let ownIdentity: BluetoothOwnIdentity
    package private(set) var bonds: [BluetoothBond] = []

    package init(ownIdentity: BluetoothOwnIdentity) {
        self.ownIdentity = ownIdentity
    }

    package subscript(_ peer: BluetoothPeer) -> BluetoothBond? {
        bonds.first { $0.peer == peer }
    }

    package subscript(_ address: BluetoothAddress) -> BluetoothBond? {
        bonds.first { $0.peer.address == address }
    }

    package var isFull: Bool { bonds.count >= Self.countMax }

    /// False where the list is full, or the identity has a bond already: that one is never replaced.
    package mutating func insert(_ bond: BluetoothBond) -> Bool {
        guard !isFull, self[bond.peer] == nil else { return false }
        bonds.append(bond)
        return true
    }

    /// The bond that was there.
    package mutating func remove(_ peer: BluetoothPeer) -> BluetoothBond? {
        guard let index = bonds.firstIndex(where: { $0.peer == peer }) else { return nil }
        return bonds.remove(at: index)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        var version: Int?
        var bonds: [BluetoothBond]?
        var ownIdentity: BluetoothOwnIdentity?
        try decoder.decodeMap { (field, value) throws(CBORError) in
            switch field {
            case 1: version = try value.decodeInteger()
            case 2:
                bonds = try value.decodeArray { (decoder) throws(CBORError) in try BluetoothBond(from: &decoder) }
            case 3: ownIdentity = try BluetoothOwnIdentity(from: &value)
            default: throw .unexpectedValue(expected: "a field of a bond list", offset: value.offset)
            }
        }
        guard version == Self.version, let bonds, let ownIdentity, bonds.count <= Self.countMax,
            Set(bonds.map(\.peer)).count == bonds.count
        else {
            throw .unexpectedValue(
                expected: "at most \(Self.countMax) bonds of version \(Self.version), each identity once", offset: start
            )
        }
        self.bonds = bonds
        self.ownIdentity = ownIdentity
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 3)
        encoder.encode(1)
        encoder.encode(Self.version)
        encoder.encode(2)
        encoder.beginArray(count: bonds.count)
        for bond in bonds { encoder.encode(bond) }
        encoder.encode(3)
        encoder.encode(ownIdentity)
    }
}
