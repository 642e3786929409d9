import SMPProtocol
import Testing

@Suite("Reassembly of SMP messages by length")
struct SMPReassemblerTests {
    private let first = EchoRequest(text: "first").message(sequence: 1).encoded()
    private let second = EchoRequest(text: "second").message(sequence: 2).encoded()

    @Test("Messages return from fragments of any size", arguments: 1...30)
    func fragments(size: Int) throws {
        let stream = first + second
        var reassembler = SMPReassembler()
        var messages: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            messages += try reassembler.append(stream[start..<min(start + size, stream.count)])
        }
        #expect(messages == [first, second])
        #expect(!reassembler.isAwaitingMore)
    }

    @Test("A message is taken at the limit and refused one byte beyond, and the next one is whole")
    func limit() throws {
        let length = second.count - SMPHeader.byteCount
        var exact = SMPReassembler(limits: SMPLimits(payloadLengthMax: length))
        #expect(try exact.append(second) == [second])
        var tight = SMPReassembler(limits: SMPLimits(payloadLengthMax: length - 1))
        #expect(throws: SMPError.payloadTooLong(length: length, max: length - 1)) { try tight.append(second) }
        #expect(try tight.append(first) == [first])
    }

    @Test("A reset forgets half a message")
    func reset() throws {
        var reassembler = SMPReassembler()
        #expect(try reassembler.append(first.prefix(9)) == [])
        #expect(reassembler.isAwaitingMore)
        reassembler.reset()
        #expect(try reassembler.append(second) == [second])
    }
}
