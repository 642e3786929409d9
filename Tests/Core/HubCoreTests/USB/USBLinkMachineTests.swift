import CORProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("The link over USB")
struct USBLinkMachineTests {
    private let place = USBPlace(busNumber: 1, deviceAddress: 2, portPath: "1-1")
    private let readEvents = USBLinkMachine.Effect.read(.events, length: 64)
    /// Whole packets for the longest message.
    private let readLongest = USBLinkMachine.Effect.read(.messages, length: 66_048)
    private let answerTimer = USBLinkMachine.Effect.startTimer(id: 1, after: .milliseconds(500))
    /// 108 bytes.
    private let message = USBSamples.message(payloadLength: 100)

    /// All reads of an open link end in this way; returns what the last one led to.
    private func endReads(of machine: inout USBLinkMachine, _ status: USBTransferStatus) -> [USBLinkMachine.Effect] {
        _ = machine.handle(.readEnded(.events, status, []))
        _ = machine.handle(.readEnded(.messages, status, []))
        return machine.handle(.readEnded(.messages, status, []))
    }

    // MARK: - Opening

    @Test("It waits for its device, opens it, and then reads")
    func opens() {
        var machine = USBLinkMachine()
        #expect(machine.handle(.sendRequested(message: message)) == [])
        #expect(machine.handle(.appeared(place)) == [.open(place)])
        #expect(machine.handle(.sendRequested(message: message)) == [])
        #expect(
            machine.handle(.opened(USBSamples.channels)) == [.tell(.opened), readEvents, readLongest, readLongest])
        #expect(!machine.isOver)
    }

    @Test("A device that does not come, or cannot be opened, ends it")
    func openFails() {
        var machine = USBLinkMachine()
        #expect(machine.handle(.expired(.refused)) == [.tell(.gone(.refused))])
        #expect(machine.isOver)
        machine = USBLinkMachine()
        _ = machine.handle(.appeared(place))
        #expect(machine.handle(.openFailed(.failed(code: 16))) == [.tell(.gone(.failed(code: 16)))])
        #expect(machine.isOver)
    }

    @Test("Closed before it is open, it ends as closed and lets go of what was opened")
    func closesEarly() {
        var machine = USBLinkMachine()
        #expect(machine.handle(.closeRequested) == [.tell(.gone(.closed))])
        machine = USBLinkMachine()
        _ = machine.handle(.appeared(place))
        #expect(machine.handle(.closeRequested) == [])
        var failing = machine
        #expect(machine.handle(.opened(USBSamples.channels)) == [.close, .tell(.gone(.closed))])
        #expect(failing.handle(.openFailed(.unreachable)) == [.tell(.gone(.closed))])
    }

    // MARK: - Messages

    @Test("A message within a packet is told, and the read begun again")
    func shortMessage() {
        var machine = USBSamples.openedLink()
        #expect(
            machine.handle(.readEnded(.messages, .completed, message)) == [
                .tell(.received(message: message)), readLongest,
            ])
    }

    @Test("A message of any length is one transfer")
    func longMessage() {
        let long = USBSamples.message(payloadLength: 65_535)
        var machine = USBSamples.openedLink()
        #expect(
            machine.handle(.readEnded(.messages, .completed, long)) == [.tell(.received(message: long)), readLongest])
    }

    @Test("A message cut into short transfers, and two messages in one, are told whole")
    func cuts() {
        var machine = USBSamples.openedLink()
        var told: [USBLinkMachine.Effect] = []
        for byte in message { told += machine.handle(.readEnded(.messages, .completed, [byte])) }
        #expect(told.filter { if case .tell = $0 { true } else { false } } == [.tell(.received(message: message))])
        #expect(
            machine.handle(.readEnded(.messages, .completed, message + message)) == [
                .tell(.received(message: message)), .tell(.received(message: message)), readLongest,
            ])
    }

    @Test("A read that timed out counts for the bytes that it moved")
    func timedOutRead() {
        var machine = USBSamples.openedLink()
        #expect(
            machine.handle(.readEnded(.messages, .timedOut, message)) == [
                .tell(.received(message: message)), readLongest,
            ])
    }

    @Test("An event is one transfer; what is no whole message is dropped")
    func events() {
        var machine = USBSamples.openedLink()
        let event = USBSamples.message(payloadLength: 20)
        #expect(
            machine.handle(.readEnded(.events, .completed, event)) == [.tell(.received(message: event)), readEvents])
        for wrong in [[], [1, 2, 3], Array(event.dropLast()), event + [0]] {
            #expect(machine.handle(.readEnded(.events, .completed, wrong)) == [readEvents])
        }
    }

    // MARK: - Writing

    @Test("One write is under way at a time, and the messages go in order")
    func writes() {
        var machine = USBSamples.openedLink()
        let second = USBSamples.message(payloadLength: 1)
        #expect(machine.handle(.sendRequested(message: message)) == [.write(message)])
        #expect(machine.handle(.sendRequested(message: second)) == [])
        #expect(machine.handle(.writeEnded(.completed, length: message.count)) == [answerTimer, .write(second)])
        #expect(machine.handle(.writeEnded(.completed, length: second.count)) == [])
    }

    @Test("A write that timed out goes on behind the bytes that moved")
    func timedOutWrite() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.sendRequested(message: message))
        #expect(machine.handle(.writeEnded(.timedOut, length: 64)) == [.write(Array(message[64...]))])
        #expect(machine.handle(.writeEnded(.completed, length: message.count - 64)) == [answerTimer])
    }

    @Test("Writes that time out without a byte moved set the device right")
    func stuckWrite() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.sendRequested(message: message))
        for _ in 1..<USBLinkMachine.Limits.idleTimeoutCountMax {
            #expect(machine.handle(.writeEnded(.timedOut, length: 0)) == [.write(message)])
        }
        #expect(machine.handle(.writeEnded(.timedOut, length: 0)) == [.cancelTransfers])
    }

    @Test("The greatest message is written, and one byte more, or less than a header, is dropped")
    func messageBounds() {
        var machine = USBSamples.openedLink()
        let longest = [UInt8](repeating: 1, count: USBLinkMachine.Limits.messageLengthMax)
        #expect(machine.handle(.sendRequested(message: longest + [0])) == [])
        #expect(machine.handle(.sendRequested(message: [UInt8](repeating: 0, count: 7))) == [])
        #expect(machine.handle(.sendRequested(message: longest)) == [.write(longest)])
    }

    @Test("The queue holds its bound, and what comes on top is dropped")
    func queueBound() {
        var machine = USBSamples.openedLink()
        let countMax = USBLinkMachine.Limits.queueCountMax
        for _ in 0..<(countMax + 2) { _ = machine.handle(.sendRequested(message: message)) }
        // One was being written, and the queue was full behind it.
        var writeCount = 1
        while machine.handle(.writeEnded(.completed, length: message.count)).contains(.write(message)) {
            writeCount += 1
        }
        #expect(writeCount == countMax + 1)
    }

    // MARK: - Stalls

    @Test(
        "After a stall, all transfers end, the halts are cleared, and both sides begin with a new message",
        arguments: [USBTransferStatus.stalled, .overflowed])
    func stall(status: USBTransferStatus) {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.readEnded(.messages, .completed, Array(message[..<50])))
        _ = machine.handle(.sendRequested(message: message))
        #expect(machine.handle(.readEnded(.messages, status, [])) == [.cancelTransfers])
        // What comes now belongs to nothing any more.
        #expect(machine.handle(.readEnded(.messages, .completed, Array(message[50...]))) == [])
        #expect(machine.handle(.readEnded(.events, .cancelled, [])) == [])
        let next = USBSamples.message(payloadLength: 3)
        #expect(machine.handle(.sendRequested(message: next)) == [])
        #expect(machine.handle(.writeEnded(.cancelled, length: 12)) == [.clearHalts])
        #expect(machine.handle(.haltsCleared(true)) == [readEvents, readLongest, readLongest, .write(next)])
        #expect(
            machine.handle(.readEnded(.messages, .completed, message)) == [
                .tell(.received(message: message)), readLongest,
            ])
    }

    @Test("The fourth stall without a message in between resets the port, and the link is gone")
    func stallsForGood() {
        var machine = USBSamples.openedLink()
        for _ in 0..<USBStallRecovery.clearCountMax {
            _ = machine.handle(.readEnded(.events, .stalled, []))
            _ = machine.handle(.readEnded(.messages, .cancelled, []))
            #expect(machine.handle(.readEnded(.messages, .cancelled, [])) == [.clearHalts])
            _ = machine.handle(.haltsCleared(true))
        }
        _ = machine.handle(.readEnded(.events, .stalled, []))
        _ = machine.handle(.readEnded(.messages, .cancelled, []))
        #expect(machine.handle(.readEnded(.messages, .cancelled, [])) == [.resetPort])
        #expect(machine.handle(.sendRequested(message: message)) == [])
        #expect(machine.handle(.portReset) == [.close, .tell(.gone(.failed(code: USBLinkMachine.stalledCode)))])
        #expect(machine.isOver)
    }

    @Test("Closed by an owner that gave up waiting for a stalled device, it resets the port on the way out")
    func closedWhileStuck() {
        var machine = USBSamples.openedLink()
        for _ in 0..<USBStallRecovery.clearCountMax {
            _ = machine.handle(.readEnded(.events, .stalled, []))
            _ = machine.handle(.readEnded(.messages, .cancelled, []))
            _ = machine.handle(.readEnded(.messages, .cancelled, []))
            _ = machine.handle(.haltsCleared(true))
        }
        var healed = machine
        #expect(machine.handle(.closeRequested) == [.cancelTransfers])
        #expect(endReads(of: &machine, .cancelled) == [.resetPort])
        #expect(machine.handle(.portReset) == [.close, .tell(.gone(.closed))])

        _ = healed.handle(.readEnded(.messages, .completed, message))
        _ = healed.handle(.closeRequested)
        #expect(endReads(of: &healed, .cancelled) == [.close, .tell(.gone(.closed))])

        // On its way to the reset, closing changes the reason only, and leaving ends it.
        for (event, effects) in [
            (USBLinkMachine.Event.closeRequested, [USBLinkMachine.Effect.resetPort]),
            (.left, [.close, .tell(.gone(.refused))]),
        ] {
            var stuck = USBSamples.openedLink()
            for _ in 0..<USBStallRecovery.clearCountMax {
                _ = stuck.handle(.readEnded(.events, .stalled, []))
                _ = stuck.handle(.readEnded(.messages, .cancelled, []))
                _ = stuck.handle(.readEnded(.messages, .cancelled, []))
                _ = stuck.handle(.haltsCleared(true))
            }
            _ = stuck.handle(.readEnded(.events, .stalled, []))
            _ = stuck.handle(event)
            _ = stuck.handle(.readEnded(.messages, .cancelled, []))
            #expect(stuck.handle(.readEnded(.messages, .cancelled, [])) == effects)
        }
    }

    @Test("A message from the device ends the counting of stalls")
    func recovered() {
        var machine = USBSamples.openedLink()
        for _ in 0..<10 {
            _ = machine.handle(.readEnded(.messages, .stalled, []))
            _ = machine.handle(.readEnded(.messages, .cancelled, []))
            #expect(machine.handle(.readEnded(.events, .cancelled, [])) == [.clearHalts])
            _ = machine.handle(.haltsCleared(true))
            _ = machine.handle(.readEnded(.messages, .completed, message))
        }
    }

    @Test("A halt that cannot be cleared resets the port")
    func clearFails() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.readEnded(.events, .stalled, []))
        _ = machine.handle(.readEnded(.messages, .cancelled, []))
        _ = machine.handle(.readEnded(.messages, .cancelled, []))
        #expect(machine.handle(.haltsCleared(false)) == [.resetPort])
    }

    @Test("A message whose rest does not come, and a header that cannot be, are set right like a stall")
    func desynchronised() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.readEnded(.messages, .completed, Array(message[..<50])))
        #expect(machine.handle(.timerFired(id: 1)) == [.cancelTransfers])

        machine = USBSamples.openedLink()
        #expect(
            machine.handle(.readEnded(.messages, .completed, [0xFF, 0, 0, 1, 0, 64, 0, 0, 1])) == [.cancelTransfers])
    }

    @Test("A timer that was outlived does nothing")
    func outlivedTimer() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.readEnded(.messages, .completed, Array(message[..<50])))
        _ = machine.handle(.readEnded(.messages, .completed, Array(message[50..<60])))
        #expect(machine.handle(.timerFired(id: 1)) == [])
        _ = machine.handle(.readEnded(.messages, .completed, Array(message[60...])))
        #expect(machine.handle(.timerFired(id: 2)) == [])
    }

    // MARK: - The end

    @Test("Unplugged: all transfers are cancelled, every end is awaited, then the node is closed")
    func unplugged() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.sendRequested(message: message))
        #expect(machine.handle(.readEnded(.messages, .gone, [])) == [.cancelTransfers])
        #expect(machine.handle(.readEnded(.events, .gone, [])) == [])
        #expect(machine.handle(.left) == [])
        #expect(machine.handle(.writeEnded(.gone, length: 0)) == [])
        #expect(machine.handle(.closeRequested) == [])
        #expect(machine.handle(.readEnded(.messages, .cancelled, [])) == [.close, .tell(.gone(.refused))])
        #expect(machine.isOver)
        #expect(machine.handle(.closeRequested) == [])
        #expect(machine.handle(.sendRequested(message: message)) == [])
    }

    @Test("The bus that no longer has the device ends it as well")
    func left() {
        var machine = USBSamples.openedLink()
        #expect(machine.handle(.left) == [.cancelTransfers])
        #expect(endReads(of: &machine, .cancelled) == [.close, .tell(.gone(.refused))])
    }

    @Test("Closed by its owner, it ends as closed, whatever else comes in between")
    func closed() {
        var machine = USBSamples.openedLink()
        #expect(machine.handle(.closeRequested) == [.cancelTransfers])
        #expect(machine.handle(.left) == [])
        #expect(endReads(of: &machine, .gone) == [.close, .tell(.gone(.closed))])
    }

    @Test("Unplugged or closed while it is set right, it ends")
    func endsInRecovery() {
        var machine = USBSamples.openedLink()
        _ = machine.handle(.readEnded(.messages, .stalled, []))
        _ = machine.handle(.readEnded(.messages, .gone, []))
        #expect(machine.handle(.readEnded(.events, .cancelled, [])) == [.close, .tell(.gone(.refused))])

        for (event, reason) in [(USBLinkMachine.Event.closeRequested, LinkGoneReason.closed), (.left, .refused)] {
            machine = USBSamples.openedLink()
            _ = machine.handle(.readEnded(.messages, .stalled, []))
            _ = machine.handle(.readEnded(.messages, .cancelled, []))
            _ = machine.handle(.readEnded(.events, .cancelled, []))
            #expect(machine.handle(event) == [])
            #expect(machine.handle(.haltsCleared(true)) == [.close, .tell(.gone(reason))])
        }

        machine = USBSamples.openedLink()
        _ = machine.handle(.readEnded(.messages, .stalled, []))
        _ = machine.handle(.readEnded(.messages, .cancelled, []))
        _ = machine.handle(.readEnded(.events, .cancelled, []))
        _ = machine.handle(.haltsCleared(false))
        #expect(machine.handle(.closeRequested) == [])
        #expect(machine.handle(.portReset) == [.close, .tell(.gone(.closed))])
    }

    @Test("Threat 21, flood: what the device sends costs one read for each, and nothing is queued")
    func flood() {
        var machine = USBSamples.openedLink()
        for _ in 0..<10_000 {
            #expect(
                machine.handle(.readEnded(.messages, .completed, message))
                    == [.tell(.received(message: message)), readLongest])
        }
    }
}
