// modules: TextEncodings CBORCoding SMPProtocol
import CBORCoding
import SMPProtocol

/// No input traps; fragments mean the same as the whole; what a typed message is read from, it can be read from again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSMP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    checkReassembly(bytes)
    if let message = try? SMPMessage(decoding: bytes) {
        precondition((try? SMPMessage(decoding: message.encoded())) == message, "a message reads back otherwise")
        if let payload = try? message.decodePayload() { checkTypes(payload) }
    }
    if let payload = try? CBORValue.decode(bytes, mode: .tolerant) { checkTypes(payload) }
    return 0
}

private func checkReassembly(_ bytes: [UInt8]) {
    var whole = SMPReassembler()
    guard let messages = try? whole.append(bytes) else { return }
    var byteByByte = SMPReassembler()
    var pieces: [[UInt8]] = []
    for byte in bytes {
        guard let more = try? byteByByte.append([byte]) else { preconditionFailure("a fragment is refused") }
        pieces += more
    }
    precondition(pieces == messages, "fragments mean something else than the whole")
}

private func checkTypes(_ payload: CBORValue) {
    if let failure = try? SMPFailure(payload: payload) {
        for version in [SMPVersion.v1, .v2] { _ = failure.payload(version: version).encoded() }
    }
    let responses: [any SMPResponse.Type] = [
        AppInfoResponse.self, BootloaderInfoResponse.self, DateTimeReadResponse.self, EchoResponse.self,
        EmptyResponse.self, ImageStateResponse.self, ImageUploadResponse.self, ParametersResponse.self,
        SlotInfoResponse.self,
    ]
    for type in responses {
        guard let response = try? type.init(payload: payload) else { continue }
        let written = response.payload
        precondition((try? type.init(payload: written))?.payload == written, "\(type) reads back otherwise")
    }
    let requests: [any SMPRequest.Type] = [
        AppInfoRequest.self, BootloaderInfoRequest.self, DateTimeReadRequest.self, DateTimeWriteRequest.self,
        EchoRequest.self, ImageEraseRequest.self, ImageStateReadRequest.self, ImageStateWriteRequest.self,
        ImageUploadRequest.self, ParametersRequest.self, ResetRequest.self, SlotInfoRequest.self,
    ]
    for type in requests {
        for operation in [SMPOperation.read, .write] {
            guard let request = try? type.init(operation: operation, payload: payload) else { continue }
            let written = request.payload
            let again = try? type.init(operation: request.operation, payload: written)
            precondition(again?.payload == written, "\(type) reads back otherwise")
        }
    }
}
