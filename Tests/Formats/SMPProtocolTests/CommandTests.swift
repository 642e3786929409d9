import CBORCoding
import SMPProtocol
import Testing

@Suite("Commands of the OS and image groups")
struct CommandTests {
    private func check<Request: SMPRequest & Equatable>(_ request: Request) throws {
        let message = try SMPMessage(decoding: request.message(sequence: 3).encoded())
        #expect(try message.request(Request.self) == request)
    }

    private func check<Response: SMPResponse & Equatable>(_ response: Response) throws {
        let request = ParametersRequest().message(sequence: 3)
        let message = try SMPMessage(decoding: request.answered(response).encoded())
        #expect(message.header.operation == .readResponse)
        #expect(message.header.sequence == 3)
        #expect(try message.response(Response.self) == .success(response))
    }

    @Test("Every request is read by a server as the client wrote it")
    func requests() throws {
        try check(EchoRequest(text: "hello"))
        try check(EchoRequest(text: "", operation: .read))
        try check(DateTimeReadRequest())
        try check(DateTimeWriteRequest(dateTime: "2026-01-02T03:04:05"))
        try check(ResetRequest())
        try check(ResetRequest(force: true, bootMode: 1))
        try check(ParametersRequest())
        try check(AppInfoRequest())
        try check(AppInfoRequest(format: "a"))
        try check(BootloaderInfoRequest(query: BootloaderInfoRequest.modeQuery))
        try check(ImageStateReadRequest())
        try check(ImageStateWriteRequest(hash: [1, 2], confirm: false))
        try check(ImageStateWriteRequest(hash: nil, confirm: true))
        try check(ImageEraseRequest())
        try check(ImageEraseRequest(slot: 1))
        try check(SlotInfoRequest())
        try check(ImageUploadRequest(first: .init(length: 9, digest: nil), offset: 0, data: [1]))
        try check(
            ImageUploadRequest(
                first: .init(image: 1, length: 70_000, digest: [7], upgrade: true), offset: 0, data: [1, 2]))
        try check(ImageUploadRequest(offset: 70_000, data: [3]))
    }

    @Test("Every response is read by a client as the server wrote it")
    func responses() throws {
        try check(EmptyResponse())
        try check(EchoResponse(text: "hello"))
        try check(DateTimeReadResponse(dateTime: "2026-01-02T03:04:05"))
        try check(ParametersResponse(bufferSize: 2_048, bufferCount: 4))
        try check(AppInfoResponse(output: "Zephyr"))
        try check(BootloaderInfoResponse(bootloader: "MCUboot"))
        try check(BootloaderInfoResponse(mode: -1, noDowngrade: true))
        try check(ImageUploadResponse(offset: 5, match: true))
        try check(
            ImageStateResponse(
                slots: [
                    ImageSlot(slot: 0, version: "1.2.3", hash: [1], isConfirmed: true, isActive: true),
                    ImageSlot(image: 1, slot: 1, version: "1.2.4", hash: nil, isBootable: false, isPending: true),
                ], splitStatus: 0))
        try check(
            SlotInfoResponse(images: [
                .init(image: 0, slots: [.init(slot: 0, size: 4_096), .init(slot: 1, size: nil, uploadImage: 1)]),
                .init(image: 1, slots: [], imageSizeMax: 9),
            ]))
    }

    @Test("Flags that a frugal device leaves out are false")
    func frugalSlots() throws {
        let slots: CBORValue = ["images": [["slot": 0, "version": "1.0.0"]]]
        #expect(
            try ImageStateResponse(payload: slots)
                == ImageStateResponse(slots: [ImageSlot(slot: 0, version: "1.0.0", hash: nil, isBootable: false)]))
    }

    @Test("A forced reset may be told by a boolean")
    func resetByBoolean() throws {
        #expect(try ResetRequest(operation: .write, payload: ["force": true]) == ResetRequest(force: true))
    }

    @Test("The slots of a response are taken at the limit and refused beyond it")
    func slotLimit() throws {
        func payload(_ count: Int) -> CBORValue {
            ["images": .array(Array(repeating: ["slot": 0, "version": ""], count: count))]
        }
        #expect(try ImageStateResponse(payload: payload(64)).slots.count == 64)
        #expect(throws: SMPError.fieldOutOfRange("images")) { try ImageStateResponse(payload: payload(65)) }
    }

    @Test("A device that answers with wrong types is refused by field")
    func wrongTypes() {
        #expect(throws: SMPError.fieldMissing("off")) { try ImageUploadResponse(payload: .map([])) }
        #expect(throws: SMPError.fieldTypeWrong("off")) { try ImageUploadResponse(payload: ["off": "0"]) }
        #expect(throws: SMPError.fieldOutOfRange("off")) { try ImageUploadResponse(payload: ["off": -1]) }
        #expect(throws: SMPError.fieldOutOfRange("off")) { try ImageUploadResponse(payload: ["off": 4_294_967_296]) }
        #expect(throws: SMPError.fieldTypeWrong("match")) { try ImageUploadResponse(payload: ["off": 0, "match": 1]) }
    }

    @Test("A write where only a read is legal is refused")
    func wrongOperation() {
        #expect(throws: SMPError.messageUnexpected(group: 0, command: 6, operation: .write)) {
            try ParametersRequest(operation: .write, payload: .map([]))
        }
    }

    @Test("The data length fills a message to the byte, never beyond", arguments: [64, 71, 72, 73, 128, 300, 301, 302])
    func dataLength(messageLengthMax: Int) {
        let first = ImageUploadRequest.First(length: 100_000, digest: nil)
        for (first, offset) in [(first, UInt32(0)), (nil, 1), (nil, 255), (nil, 65_536)] {
            let length = ImageUploadRequest.dataLengthMax(
                first: first, offset: offset, messageLengthMax: messageLengthMax)
            func messageLength(_ count: Int) -> Int {
                ImageUploadRequest(first: first, offset: offset, data: [UInt8](repeating: 0, count: count))
                    .message(sequence: 0).encoded().count
            }
            #expect(length > 0)
            #expect(messageLength(length) <= messageLengthMax)
            #expect(messageLength(length + 1) > messageLengthMax)
        }
    }

    @Test("A buffer without room for data gives a length of 0, and a huge one a payload of 16 bits")
    func dataLengthEnds() {
        #expect(ImageUploadRequest.dataLengthMax(first: nil, offset: 1, messageLengthMax: 10) == 0)
        let length = ImageUploadRequest.dataLengthMax(first: nil, offset: 1, messageLengthMax: 1 << 30)
        let request = ImageUploadRequest(offset: 1, data: [UInt8](repeating: 0, count: length))
        #expect(request.payload.encoded().count == 65_535)
    }
}
