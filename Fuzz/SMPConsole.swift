// modules: TextEncodings CBORCoding SMPProtocol
// lengthMax: 512
import SMPProtocol

/// No input traps; pieces mean the same as the whole; a message that was found is found in the lines we make of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSMPConsole(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var whole = ConsoleDecoder()
    let findings = whole.append(bytes)
    var piecewise = ConsoleDecoder()
    let pieceLength = 1 + Int(bytes.first ?? 0) % 64
    let pieces = stride(from: 0, to: bytes.count, by: pieceLength).flatMap {
        piecewise.append(bytes[$0..<min($0 + pieceLength, bytes.count)])
    }
    precondition(pieces == findings, "pieces mean something else than the whole")
    for case .message(let message) in findings {
        precondition(find(in: message) == [.message(message)], "a message reads back otherwise")
    }
    // A header is the least that a frame holds; four lines are enough to learn from.
    if (SMPHeader.byteCount...256).contains(bytes.count) {
        precondition(find(in: bytes) == [.message(bytes)], "a message is not found in its own lines")
    }
    return 0
}

private func find(in message: [UInt8]) -> [ConsoleDecoder.Finding] {
    var decoder = ConsoleDecoder()
    return decoder.append(Array(ConsoleFraming.lines(of: message).joined()))
}
