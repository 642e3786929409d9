import CORProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("How long the reads of a link over USB are")
struct USBLinkReadsTests {
    private let readPacket = USBLinkMachine.Effect.read(.messages, length: 512)
    /// Whole packets for the longest message.
    private let readLongest = USBLinkMachine.Effect.read(.messages, length: 66_048)
    private let answerTimer = USBLinkMachine.Effect.startTimer(id: 1, after: .milliseconds(500))
    private let message = USBSamples.message(payloadLength: 100)

    /// A link whose device left out a packet of zero bytes behind a message of 512 bytes.
    private func shortened() -> USBLinkMachine {
        var machine = USBSamples.openedLink()
        let full = USBSamples.message(payloadLength: 504)
        #expect(machine.handle(.sendRequested(message: message)) == [.write(message)])
        #expect(machine.handle(.writeEnded(.completed, length: message.count)) == [answerTimer])
        #expect(machine.handle(.timerFired(id: 1)) == [.cancelReads])
        // The newer read ends first, and no other begins before both have.
        #expect(machine.handle(.readEnded(.messages, .cancelled, [])) == [])
        #expect(
            machine.handle(.readEnded(.messages, .cancelled, full)) == [
                .tell(.received(message: full)), readPacket, readPacket,
            ])
        return machine
    }

    @Test("After an answer that is missed, reads are no longer than what is known to come")
    func shortReads() {
        // 2048 bytes: the last packet is full.
        let long = USBSamples.message(payloadLength: 2_040)
        var machine = shortened()
        #expect(
            machine.handle(.readEnded(.messages, .completed, Array(long[..<512])))
                == [.startTimer(id: 2, after: .seconds(5)), .read(.messages, length: 1_024)])
        #expect(
            machine.handle(.readEnded(.messages, .completed, Array(long[512..<1_024])))
                == [.startTimer(id: 3, after: .seconds(5)), readPacket])
        #expect(
            machine.handle(.readEnded(.messages, .completed, Array(long[1_024...])))
                == [.tell(.received(message: long)), readPacket])
        // The packet of zero bytes that a careful device sends is nothing.
        #expect(machine.handle(.readEnded(.messages, .completed, [])) == [readPacket])
        // Nothing shorter can be read, so no answer is waited for.
        #expect(machine.handle(.sendRequested(message: message)) == [.write(message)])
        #expect(machine.handle(.writeEnded(.completed, length: message.count)) == [])
    }

    @Test("Reads stay long while answers come, and an idle link has no timer")
    func answersInTime() {
        var machine = USBSamples.openedLink()
        for round in 0..<3 {
            _ = machine.handle(.sendRequested(message: message))
            #expect(
                machine.handle(.writeEnded(.completed, length: message.count)) == (round == 0 ? [answerTimer] : []))
            #expect(
                machine.handle(.readEnded(.messages, .completed, message)) == [
                    .tell(.received(message: message)), readLongest,
                ])
        }
        // Written shortly before the timer fires: its answer has a whole interval of its own.
        _ = machine.handle(.sendRequested(message: message))
        #expect(machine.handle(.writeEnded(.completed, length: message.count)) == [])
        #expect(machine.handle(.timerFired(id: 1)) == [.startTimer(id: 2, after: .milliseconds(500))])
        _ = machine.handle(.readEnded(.messages, .completed, message))
        #expect(machine.handle(.timerFired(id: 2)) == [])
    }

    @Test("A link that is lost while its reads are being cancelled is gone once")
    func lostWhileShortening() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.sendRequested(message: message))
        _ = machine.handle(.writeEnded(.completed, length: message.count))
        #expect(machine.handle(.timerFired(id: 1)) == [.cancelReads])
        #expect(machine.handle(.readEnded(.messages, .gone, [])) == [.cancelTransfers])
        #expect(machine.handle(.readEnded(.messages, .cancelled, [])) == [])
        #expect(machine.handle(.readEnded(.events, .gone, [])) == [.close, .tell(.gone(.refused))])
    }
}
