import BluetoothProtocol
import CBORCoding
import TestSupport
import Testing

@Suite("The list of bonds")
struct BluetoothBondListTests {
    private func bond(_ number: UInt8, hasIdentityKey: Bool = true) throws -> BluetoothBond {
        let address = try #require(BluetoothAddress(wireBytes: [number, 0, 0, 0, 0, 0xC0]))
        let peer = BluetoothPeer(address: address, kind: .leRandom)
        let key = try #require(
            LongTermKey(peer: peer, kind: .p256Authenticated, value: [UInt8](repeating: number, count: 16)))
        let identityKey = IdentityResolvingKey(peer: peer, value: [UInt8](repeating: number, count: 16))
        return BluetoothBond(longTermKey: key, identityKey: hasIdentityKey ? identityKey : nil)
    }

    /// Expects what a change of the list returns.
    private func change(_ list: inout BluetoothBondList, _ body: (inout BluetoothBondList) throws -> Bool) throws {
        let isAsExpected = try body(&list)
        #expect(isAsExpected)
    }

    private func list() throws -> BluetoothBondList {
        BluetoothBondList(ownIdentity: try #require(BluetoothOwnIdentity(chance: [UInt8](repeating: 5, count: 22))))
    }

    @Test("What is written is read back, and the same list has the same bytes")
    func roundTrip() throws {
        var list = try list()
        #expect(try BluetoothBondList(decoding: list.encoded()) == list)
        try change(&list) { (list) in list.insert(try bond(1)) }
        try change(&list) { (list) in list.insert(try bond(2, hasIdentityKey: false)) }
        let bytes = list.encoded()
        #expect(try BluetoothBondList(decoding: bytes) == list)
        #expect(try BluetoothBondList(decoding: bytes).encoded() == bytes)
    }

    @Test("Threat 2, re-pairing: a bond is never replaced by another of the same identity")
    func neverReplaced() throws {
        var list = try list()
        let first = try bond(1)
        try change(&list) { (list) in list.insert(first) }
        try change(&list) { (list) in !list.insert(try bond(1, hasIdentityKey: false)) }
        #expect(list[first.peer] == first)
        #expect(list[first.peer.address] == first)
        try change(&list) { (list) in list.remove(first.peer) == first }
        try change(&list) { (list) in list.remove(first.peer) == nil }
        try change(&list) { (list) in list.insert(try bond(1, hasIdentityKey: false)) }
    }

    @Test("It holds its limit, which fits the file, and refuses one more")
    func limit() throws {
        var list = try list()
        for number in 1...UInt8(BluetoothBondList.countMax) {
            try change(&list) { (list) in list.insert(try bond(number)) }
        }
        #expect(list.isFull)
        try change(&list) { (list) in !list.insert(try bond(200)) }
        #expect(list.encoded().count <= BluetoothBondList.encodedLengthMax)
        #expect(try BluetoothBondList(decoding: list.encoded()) == list)
    }

    @Test("A file that was cut or holds an identity twice is refused; no byte flip traps")
    func damage() throws {
        var list = try list()
        try change(&list) { (list) in list.insert(try bond(1)) }
        let bytes = list.encoded()
        for count in 0..<bytes.count {
            #expect(throws: CBORError.self) { try BluetoothBondList(decoding: Array(bytes.prefix(count))) }
        }
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 0x41
            _ = try? BluetoothBondList(decoding: flipped)
        }
        var encoder = CBOREncoder()
        encoder.beginMap(count: 3)
        encoder.encode(1)
        encoder.encode(1)
        encoder.encode(2)
        encoder.beginArray(count: 2)
        for _ in 0..<2 { encoder.encode(try bond(1)) }
        encoder.encode(3)
        encoder.encode(list.ownIdentity)
        #expect(throws: CBORError.self) { try BluetoothBondList(decoding: encoder.bytes) }
    }

    @Test("The hub's own address is static random whatever the chance, and chance of another length is refused")
    func ownIdentity() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<100 {
            let chance = generator.bytes(count: 22)
            #expect(BluetoothOwnIdentity(chance: chance)?.staticAddress.isStaticRandom == true)
        }
        #expect(BluetoothOwnIdentity(chance: [UInt8](repeating: 5, count: 21)) == nil)
        #expect(BluetoothOwnIdentity(chance: [UInt8](repeating: 0xFF, count: 22)) == nil)
    }
}
