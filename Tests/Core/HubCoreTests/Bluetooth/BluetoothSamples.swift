import BluetoothProtocol
import HubCore

/// What the tests of Bluetooth have in common.
enum BluetoothSamples {
    static let service = BluetoothUUID.long(wireBytes: (0..<16).map { $0 })
    static let characteristic = BluetoothUUID.long(wireBytes: (16..<32).map { $0 })
    static let device = peer(2)

    static func peer(_ number: UInt8) -> BluetoothPeer {
        BluetoothPeer(address: BluetoothAddress(wireBytes: [number, 0, 0, 0, 0, 0xC2]) ?? .zero, kind: .leRandom)
    }

    static func key(
        of peer: BluetoothPeer = device, _ kind: LongTermKey.Kind = .p256Authenticated, size: UInt8 = 16
    ) -> LongTermKey {
        guard let key = LongTermKey(peer: peer, kind: kind, size: size, value: [UInt8](repeating: 7, count: 16)) else {
            preconditionFailure("a key has 16 bytes")
        }
        return key
    }

    static func bonds(_ peers: BluetoothPeer...) -> BluetoothBondList {
        guard let identity = BluetoothOwnIdentity(chance: [UInt8](repeating: 5, count: 22)) else {
            preconditionFailure("the own identity is made of 22 bytes")
        }
        var list = BluetoothBondList(ownIdentity: identity)
        for peer in peers { _ = list.insert(BluetoothBond(longTermKey: key(of: peer), identityKey: nil)) }
        return list
    }

    /// Advertising data with the SMP service, and a name.
    static func advertising(name: String = "COR One", service: BluetoothUUID = service) -> [UInt8] {
        let name = Array(name.utf8)
        return [17, 0x07] + service.wireBytes + [UInt8(name.count + 1), 0x09] + name
    }

    static let facts = AdapterFacts(
        owner: .nobody, kernelRelease: "6.12.117+deb12-amd64", kernelVersion: "#1 SMP", socketFailure: nil)
}
