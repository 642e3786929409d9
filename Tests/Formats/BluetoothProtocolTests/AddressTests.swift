import BluetoothProtocol
import Testing

@Suite("Bluetooth addresses and UUIDs")
struct AddressTests {
    @Test("An address is written with the most significant byte first and sent with it last")
    func order() throws {
        let address = try BluetoothAddress("C0:01:02:03:04:05")
        #expect(address.wireBytes == [5, 4, 3, 2, 1, 0xC0])
        #expect(address.description == "C0:01:02:03:04:05")
        #expect(try BluetoothAddress("c0:01:02:03:04:05") == address)
        #expect(BluetoothAddress(wireBytes: [5, 4, 3, 2, 1, 0xC0]) == address)
        #expect(BluetoothAddress(wireBytes: [1, 2, 3, 4, 5]) == nil)
    }

    @Test(
        "What is no address is refused",
        arguments: ["", "C0:01:02:03:04", "C0:01:02:03:04:05:06", "C0:01:02:03:04:0", "C0:01:02:03:04:0G", "C0010203"])
    func malformed(text: String) {
        #expect(throws: BluetoothError.addressMalformed(text)) { try BluetoothAddress(text) }
    }

    @Test("Only addresses that stay are identities")
    func identities() throws {
        func isIdentity(_ text: String, _ kind: BluetoothAddressKind) throws -> Bool {
            BluetoothPeer(address: try BluetoothAddress(text), kind: kind).isIdentity
        }
        #expect(try isIdentity("C0:00:00:00:00:01", .leRandom))
        #expect(try isIdentity("FF:FF:FF:FF:FF:FE", .leRandom))
        #expect(try isIdentity("00:1B:DC:00:00:01", .lePublic))
        #expect(try !isIdentity("00:00:00:00:00:00", .lePublic))
        #expect(try !isIdentity("40:00:00:00:00:01", .leRandom))  // resolvable private
        #expect(try !isIdentity("00:00:00:00:00:01", .leRandom))  // not resolvable private
        #expect(try !isIdentity("FF:FF:FF:FF:FF:FF", .leRandom))
        #expect(try !isIdentity("C0:00:00:00:00:00", .leRandom))
    }

    @Test("A UUID is read as it is written, and a short one stands for a long one")
    func uuids() throws {
        let smp = try BluetoothUUID("8D53DC1D-1DB7-4CD3-868B-8A527460AA84")
        #expect(
            smp.wireBytes == [
                0x84, 0xAA, 0x60, 0x74, 0x52, 0x8A, 0x8B, 0x86, 0xD3, 0x4C, 0xB7, 0x1D, 0x1D, 0xDC, 0x53, 0x8D,
            ])
        #expect(try BluetoothUUID("2902") == .short(0x2902))
        #expect(
            try BluetoothUUID("00002902-0000-1000-8000-00805F9B34FB").wireBytes
                == BluetoothUUID.short(0x2902).longWireBytes)
        for text in ["", "290", "29022", "8D53DC1D1DB74CD3868B8A527460AA84", "8D53DC1D-1DB7-4CD3-868B-8A527460AA8G"] {
            #expect(throws: BluetoothError.uuidMalformed(text)) { try BluetoothUUID(text) }
        }
        #expect(BluetoothUUID(wireBytes: [1, 2, 3]) == nil)
    }
}
