import CBORCoding
import SMPProtocol
import Testing

@Suite("SMP messages")
struct SMPMessageTests {
    // An echo of "hi" by a version 2 client: written by hand from Zephyr's protocol specification.
    private let echo: [UInt8] = [0x0A, 0, 0, 6, 0, 0, 7, 0, 0xA1, 0x61, 0x64, 0x62, 0x68, 0x69]

    @Test("A message is its header and its payload, both ways")
    func bothWays() throws {
        let message = EchoRequest(text: "hi").message(sequence: 7)
        #expect(message.encoded() == echo)
        #expect(try SMPMessage(decoding: echo) == message)
        #expect(try message.request(EchoRequest.self) == EchoRequest(text: "hi"))
    }

    @Test("Every operation and version keeps its bits", arguments: SMPOperation.allCases, SMPVersion.allCases)
    func bits(operation: SMPOperation, version: SMPVersion) throws {
        let header = SMPHeader(
            version: version, operation: operation, flags: 0xA5, length: 0x1234, group: 0x5678, sequence: 9,
            command: 10)
        #expect(try SMPHeader(decoding: header.encoded()) == header)
    }

    @Test("Reserved bits are ignored")
    func reservedBits() throws {
        var bytes = echo
        bytes[0] |= 0xE0
        #expect(try SMPMessage(decoding: bytes) == EchoRequest(text: "hi").message(sequence: 7))
    }

    @Test("A header that cannot be is refused")
    func refusedHeaders() {
        #expect(throws: SMPError.headerTruncated(found: 7)) { try SMPMessage(decoding: Array(echo.prefix(7))) }
        #expect(throws: SMPError.versionUnknown(2)) { try SMPMessage(decoding: [0x12] + echo.dropFirst()) }
        #expect(throws: SMPError.operationUnknown(4)) { try SMPMessage(decoding: [0x0C] + echo.dropFirst()) }
    }

    @Test("A length that is not that of the payload is refused")
    func refusedLengths() {
        #expect(throws: SMPError.payloadTruncated(expected: 6, found: 5)) {
            try SMPMessage(decoding: Array(echo.dropLast()))
        }
        #expect(throws: SMPError.trailingBytes(count: 1)) { try SMPMessage(decoding: echo + [0]) }
    }

    @Test("A payload is taken at the limit and refused one byte beyond")
    func payloadLimit() throws {
        #expect(try SMPMessage(decoding: echo, limits: SMPLimits(payloadLengthMax: 6)).payload.count == 6)
        #expect(throws: SMPError.payloadTooLong(length: 6, max: 5)) {
            try SMPMessage(decoding: echo, limits: SMPLimits(payloadLengthMax: 5))
        }
    }

    @Test("An empty payload is an empty map, and anything but a map is refused")
    func payloadKinds() throws {
        func message(_ payload: [UInt8]) -> SMPMessage {
            SMPMessage(operation: .readResponse, group: 0, sequence: 0, command: 6, payload: payload)
        }
        #expect(try message([]).decodePayload() == .map([]))
        #expect(throws: SMPError.payloadNotMap) { try message([0x80]).decodePayload() }
        #expect(throws: SMPError.self) { try message([0xA1]).decodePayload() }
    }

    @Test("An indefinite-length map, as Zephyr sends it, is read")
    func indefiniteLength() throws {
        let payload: [UInt8] =
            [0xBF, 0x68] + Array("buf_size".utf8) + [0x19, 0x01, 0x80, 0x69] + Array("buf_count".utf8) + [0x04, 0xFF]
        let message = SMPMessage(operation: .readResponse, group: 0, sequence: 0, command: 6, payload: payload)
        #expect(
            try message.response(ParametersResponse.self)
                == .success(ParametersResponse(bufferSize: 384, bufferCount: 4)))
    }

    @Test("A request of another command, or a response, is not taken for the request")
    func unexpectedMessage() {
        let message = ParametersRequest().message(sequence: 0)
        #expect(throws: SMPError.messageUnexpected(group: 0, command: 6, operation: .read)) {
            try message.request(EchoRequest.self)
        }
        let response = EchoRequest(text: "").message(sequence: 0).answered(EchoResponse(text: ""))
        #expect(throws: SMPError.messageUnexpected(group: 0, command: 0, operation: .writeResponse)) {
            try response.request(EchoRequest.self)
        }
    }
}
