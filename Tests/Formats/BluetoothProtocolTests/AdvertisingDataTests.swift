import BluetoothProtocol
import Testing

@Suite("Advertising data")
struct AdvertisingDataTests {
    private let smp = BluetoothUUID.long(wireBytes: (0..<16).map { $0 })

    private func structure(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [UInt8(content.count + 1), type] + content
    }

    @Test("Services of both lengths and the name are read, the rest is skipped")
    func read() throws {
        let bytes =
            structure(0x01, [6]) + structure(0x07, smp.wireBytes) + structure(0x03, [0x0F, 0x18])
            + structure(0x08, Array("COR".utf8)) + structure(0x09, Array("COR One".utf8)) + structure(0xFF, [1, 2, 3])
        let data = try AdvertisingData(decoding: bytes)
        #expect(data.services == [smp, .short(0x180F)])
        #expect(data.name == "COR One")
        #expect(try AdvertisingData(decoding: structure(0x09, [0x41]) + structure(0x08, [0x42])).name == "A")
    }

    @Test("Nothing, and an early end with padding, are sound")
    func ends() throws {
        #expect(try AdvertisingData(decoding: []).services.isEmpty)
        let padded = structure(0x07, smp.wireBytes) + [0, 0xFF, 0xFF]
        #expect(try AdvertisingData(decoding: padded).services == [smp])
    }

    @Test("A structure that the bytes end within is refused")
    func truncated() {
        #expect(throws: BluetoothError.truncated(field: "structure", needed: 2, found: 1)) {
            try AdvertisingData(decoding: [3, 0x09, 0x41])
        }
        #expect(throws: BluetoothError.truncated(field: "structure type", needed: 1, found: 0)) {
            try AdvertisingData(decoding: [3])
        }
        #expect(throws: BluetoothError.elementLengthWrong(what: "list of services", length: 15)) {
            try AdvertisingData(decoding: structure(0x07, Array(smp.wireBytes.dropLast())))
        }
    }

    @Test("A name that is no text becomes text, and a long one is cut")
    func names() throws {
        #expect(try AdvertisingData(decoding: structure(0x09, [0xFF, 0x41])).name == "\u{FFFD}A")
        let long = try AdvertisingData(decoding: structure(0x09, [UInt8](repeating: 0x41, count: 254)))
        #expect(long.name?.utf8.count == AdvertisingData.nameLengthMax)
    }

    @Test("Threat 21, flood by advertisements: data and services are bounded")
    func bounds() throws {
        let services = structure(0x03, [UInt8](repeating: 1, count: 2 * AdvertisingData.serviceCountMax))
        let full = try AdvertisingData(decoding: services + structure(0x03, [1, 2]))
        #expect(full.services.count == AdvertisingData.serviceCountMax)
        #expect(full.unlistedServiceCount == 1)
        let longest = [UInt8](repeating: 0, count: AdvertisingData.lengthMax)
        #expect(try AdvertisingData(decoding: longest).services.isEmpty)
        #expect(throws: BluetoothError.tooLong(what: "advertising data", length: 1_651, max: 1_650)) {
            try AdvertisingData(decoding: longest + [0])
        }
    }
}
