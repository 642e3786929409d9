import BluetoothProtocol
import TestSupport
import Testing

@Suite("ATT PDUs")
struct ATTPDUTests {
    static let service = BluetoothUUID.long(wireBytes: (0..<16).map { $0 })

    /// Each with its bytes as the Core Specification, volume 3, part F, §3.4 lays them out.
    static let samples: [(ATTPDU, String)] = [
        (.errorResponse(requestOpcode: 0x0A, handle: 0x0203, code: .insufficientAuthentication), "010a030205"),
        (.exchangeMTURequest(mtu: 517), "020502"),
        (.exchangeMTUResponse(mtu: 247), "03f700"),
        (.findInformationRequest(handles: 1...0xFFFF), "040100ffff"),
        (.findInformationResponse([.init(handle: 4, type: .short(0x2902))]), "050104000229"),
        (
            .findInformationResponse([.init(handle: 4, type: service)]), "05020400000102030405060708090a0b0c0d0e0f"
        ),
        (
            .findByTypeValueRequest(handles: 1...0xFFFF, type: 0x2800, value: [0xAA, 0xBB]), "060100ffff0028aabb"
        ),
        (.findByTypeValueResponse([1...9, 0x10...0x20]), "070100090010002000"),
        (.readByTypeRequest(handles: 1...9, type: .short(0x2803)), "08010009000328"),
        (
            .readByTypeResponse([.init(handle: 2, value: [0x14, 3, 0]), .init(handle: 4, value: [0x02, 5, 0])]),
            "09050200140300" + "0400020500"
        ),
        (.readRequest(handle: 3), "0a0300"),
        (.readResponse(value: [1, 2]), "0b0102"),
        (.readByGroupTypeRequest(handles: 1...0xFFFF, type: .short(0x2800)), "100100ffff0028"),
        (.readByGroupTypeResponse([.init(handles: 1...9, value: [0, 0x18])]), "1106010009000018"),
        (.writeRequest(handle: 4, value: [1, 0]), "1204000100"),
        (.writeResponse, "13"),
        (.writeCommand(handle: 3, value: [7]), "52030007"),
        (.notification(handle: 3, value: [8]), "1b030008"),
        (.indication(handle: 3, value: []), "1d0300"),
        (.confirmation, "1e"),
    ]

    @Test("Each is written as the specification lays it out, and read back", arguments: samples.indices)
    func layout(index: Int) throws {
        let (pdu, text) = Self.samples[index]
        let bytes = [UInt8](hexadecimal: text)
        #expect(pdu.encoded() == bytes)
        #expect(try ATTPDU(decoding: bytes) == pdu)
    }

    @Test("Each that is cut short by a byte is refused or another PDU, and never traps", arguments: samples.indices)
    func cuts(index: Int) {
        let bytes = Self.samples[index].0.encoded()
        for count in 0..<bytes.count {
            guard let pdu = try? ATTPDU(decoding: Array(bytes.prefix(count))) else { continue }
            #expect(pdu != Self.samples[index].0)
        }
    }

    @Test("Requests that are not served, and what wants no answer, are told apart by the opcode")
    func others() throws {
        #expect(try ATTPDU(decoding: [0x0C, 3, 0, 0, 0]) == .unservedRequest(opcode: 0x0C))  // Read Blob Request
        #expect(try ATTPDU(decoding: [0x18, 1]) == .unservedRequest(opcode: 0x18))  // Execute Write Request
        #expect(try ATTPDU(decoding: [0xD2, 1, 2, 3]) == .ignored(opcode: 0xD2))  // Signed Write Command
        #expect(try ATTPDU(decoding: [0x0D, 1]) == .ignored(opcode: 0x0D))  // Read Blob Response
    }

    @Test("What the protocol does not have is refused by name")
    func refusals() {
        let cases: [([UInt8], BluetoothError)] = [
            ([], .truncated(field: "opcode", needed: 1, found: 0)),
            ([0x03, 1], .truncated(field: "MTU", needed: 2, found: 1)),
            ([0x03, 1, 2, 3], .trailingBytes(count: 1)),
            ([0x1B, 0, 0, 1], .valueUnknown(field: "handle", value: 0)),
            ([0x07, 2, 0, 1, 0], .valueUnknown(field: "last handle", value: 1)),
            ([0x07], .empty(what: "find by type value response")),
            ([0x07, 1, 0, 2], .elementLengthWrong(what: "find by type value response", length: 3)),
            ([0x09, 1, 5], .elementLengthWrong(what: "read by type response", length: 1)),
            ([0x09, 0], .elementLengthWrong(what: "read by type response", length: 0)),
            ([0x05, 3, 1, 2], .valueUnknown(field: "format", value: 3)),
            ([0x08, 1, 0, 2, 0, 1, 2, 3], .elementLengthWrong(what: "type", length: 3)),
        ]
        for (bytes, error) in cases {
            #expect(throws: error) { try ATTPDU(decoding: bytes) }
        }
    }

    @Test("A PDU and a value are taken at their limit and refused one byte beyond")
    func limits() throws {
        let value = [UInt8](repeating: 7, count: ATTLimits.valueLengthMax)
        #expect(try ATTPDU(decoding: [0x1B, 3, 0] + value) == .notification(handle: 3, value: value))
        #expect(throws: BluetoothError.tooLong(what: "attribute value", length: 513, max: 512)) {
            try ATTPDU(decoding: [0x1B, 3, 0] + value + [7])
        }
        #expect(try ATTPDU(decoding: [0x40] + [UInt8](repeating: 0, count: 516)) == .ignored(opcode: 0x40))
        #expect(throws: BluetoothError.tooLong(what: "ATT PDU", length: 518, max: 517)) {
            try ATTPDU(decoding: [0x40] + [UInt8](repeating: 0, count: 517))
        }
    }
}
