import CORProtocol
import SMPProtocol

extension USBLinkMachine {
    /// The bounds of one link.
    package enum Limits {
        /// Bytes of a message: what an SMP header can announce.
        package static let messageLengthMax = SMPHeader.byteCount + Int(UInt16.max)
        /// Messages that wait to be written; what comes on top is dropped.
        package static let queueCountMax = 64
        /// From one part of a message to the next.
        package static let partInterval = Duration.seconds(5)
        /// From a message written to one read; then what a read has gathered is looked at.
        package static let answerInterval = Duration.milliseconds(500)
        /// Times that a write may time out without a byte moved.
        package static let idleTimeoutCountMax = 3
    }

    /// Messages and transfers of a link that is open.
    struct Traffic: Sendable {
        enum Outcome: Sendable {
            case goOn([[UInt8]])
            case recover(USBStallRecovery.Step)
            /// The reads of messages are to end and to report what they have.
            case cancelReads
            case gone
        }

        private let channels: USBChannels
        private var reassembler = SMPReassembler()
        private var recovery = USBStallRecovery()
        private var reads: USBReads
        private var isReadingEvents = false
        private var queue: [[UInt8]] = []
        /// What is being written, or is left of it.
        private var outgoing: [UInt8]?
        private var isWriting = false
        private var idleTimeoutCount = 0
        private var timer = USBLinkTimer()
        private var needsPartTimer = false
        /// Messages written, less the messages read.
        private var unansweredCount = 0
        /// Messages read since the timer was started.
        private var answerCount = 0

        init(channels: USBChannels) {
            self.channels = channels
            reads = USBReads(packetLength: channels.messagesIn.packetLengthMax)
        }

        var isQuiet: Bool { reads.isEmpty && !isReadingEvents && !isWriting }

        var isStuck: Bool { recovery.isExhausted }

        mutating func enqueue(_ message: [UInt8]) {
            guard (SMPHeader.byteCount...Limits.messageLengthMax).contains(message.count),
                queue.count < Limits.queueCountMax
            else { return }
            queue.append(message)
        }

        mutating func readEnded(_ pipe: USBPipe, _ status: USBTransferStatus, _ bytes: [UInt8]) -> Outcome {
            let isOwnCancel = pipe == .messages && reads.areCancelled
            readCancelled(pipe)
            switch status {
            case .cancelled where isOwnCancel:
                return take(bytes)
            case .completed, .timedOut:
                return pipe == .messages ? take(bytes) : .goOn(event(in: bytes))
            case .stalled, .overflowed:
                return .recover(recovery.stalled())
            case .cancelled, .gone:
                return .gone
            }
        }

        mutating func writeEnded(_ status: USBTransferStatus, length: Int) -> Outcome {
            writeCancelled()
            switch status {
            case .completed, .timedOut:
                if let whole = outgoing, length < whole.count {
                    outgoing = Array(whole.dropFirst(length))
                } else {
                    outgoing = nil
                    unansweredCount += 1
                }
                idleTimeoutCount = status == .timedOut && length == 0 ? idleTimeoutCount + 1 : 0
                guard idleTimeoutCount < Limits.idleTimeoutCountMax else {
                    idleTimeoutCount = 0
                    return .recover(recovery.stalled())
                }
                return .goOn([])
            case .stalled, .overflowed:
                return .recover(recovery.stalled())
            case .cancelled, .gone:
                return .gone
            }
        }

        mutating func timerFired(_ id: UInt64) -> Outcome {
            switch timer.fired(id) {
            case .part where reassembler.isAwaitingMore:
                // A message that does not go on has lost its rest: what follows would be taken for it.
                return .recover(recovery.stalled())
            case .answer where unansweredCount > 0 && answerCount == 0 && !reads.areShort:
                // The answer may be there already, in a read that waits for a packet of zero bytes.
                reads.shorten()
                return .cancelReads
            case .part, .answer, nil:
                return .goOn([])
            }
        }

        mutating func readCancelled(_ pipe: USBPipe) {
            switch pipe {
            case .messages: reads.ended()
            case .events: isReadingEvents = false
            }
        }

        mutating func writeCancelled() {
            isWriting = false
        }

        mutating func dropPartialMessages() {
            reassembler.reset()
            outgoing = nil
            needsPartTimer = false
            unansweredCount = 0
        }

        /// The transfers that are to be under way and are not.
        mutating func nextTransfers() -> [Effect] {
            var effects: [Effect] = []
            effects += nextTimer()
            if !isReadingEvents {
                isReadingEvents = true
                let length = USBReads.rounded(
                    CORTransport.usbEventLengthMax, to: channels.eventsIn.packetLengthMax)
                effects.append(.read(.events, length: length))
            }
            effects += reads.begin(missingCount: reassembler.missingCount).map { .read(.messages, length: $0) }
            if !isWriting {
                if outgoing == nil, !queue.isEmpty { outgoing = queue.removeFirst() }
                if let outgoing {
                    isWriting = true
                    effects.append(.write(outgoing))
                }
            }
            return effects
        }

        private mutating func nextTimer() -> [Effect] {
            if needsPartTimer {
                needsPartTimer = false
                return [timer.start(.part)]
            }
            guard timer.purpose == nil, unansweredCount > 0, !reads.areShort else { return [] }
            answerCount = 0
            return [timer.start(.answer)]
        }

        private mutating func take(_ bytes: [UInt8]) -> Outcome {
            do throws(SMPError) {
                let messages = try reassembler.append(bytes)
                if !messages.isEmpty {
                    recovery.recovered()
                    unansweredCount = max(0, unansweredCount - messages.count)
                    answerCount += messages.count
                }
                needsPartTimer = reassembler.isAwaitingMore && (!bytes.isEmpty || !messages.isEmpty)
                return .goOn(messages)
            } catch {
                // No header: where the next message begins is lost.
                return .recover(recovery.stalled())
            }
        }

        /// One event is one transfer; what is none is a hint lost.
        private func event(in bytes: [UInt8]) -> [[UInt8]] {
            guard let header = try? SMPHeader(decoding: bytes),
                bytes.count == SMPHeader.byteCount + Int(header.length)
            else { return [] }
            return [bytes]
        }
    }
}
