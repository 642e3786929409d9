import CORProtocol
import SMPProtocol

extension USBLinkMachine {
    /// The bounds of one link.
    package enum Limits {
        /// Bytes of a message: what an SMP header can announce.
        package static let messageLengthMax = SMPHeader.byteCount + Int(UInt16.max)
        /// Messages that wait to be written; what comes on top is dropped.
        package static let queueCountMax = 64
        /// Reads under way on the messages' endpoint.
        package static let readCountMax = 2
        /// From one part of a message to the next.
        package static let partInterval = Duration.seconds(5)
        /// Times that a write may time out without a byte moved.
        package static let idleTimeoutCountMax = 3
    }

    /// Messages and transfers of a link that is open.
    struct Traffic: Sendable {
        enum Outcome: Sendable {
            case goOn([[UInt8]])
            case recover(USBStallRecovery.Step)
            case gone
        }

        private let channels: USBChannels
        private var reassembler = SMPReassembler()
        private var recovery = USBStallRecovery()
        /// Lengths of the reads of messages that are under way, oldest first.
        private var readLengths: [Int] = []
        private var isReadingEvents = false
        private var queue: [[UInt8]] = []
        /// What is being written, from the byte on that has not moved yet.
        private var outgoing: ArraySlice<UInt8>?
        private var isWriting = false
        private var idleTimeoutCount = 0
        private var timerCount: UInt64 = 0
        private var needsTimer = false

        init(channels: USBChannels) {
            self.channels = channels
        }

        var isQuiet: Bool { readLengths.isEmpty && !isReadingEvents && !isWriting }

        var isStuck: Bool { recovery.isExhausted }

        mutating func enqueue(_ message: [UInt8]) {
            guard (SMPHeader.byteCount...Limits.messageLengthMax).contains(message.count),
                queue.count < Limits.queueCountMax
            else { return }
            queue.append(message)
        }

        mutating func readEnded(_ pipe: USBPipe, _ status: USBTransferStatus, _ bytes: [UInt8]) -> Outcome {
            readCancelled(pipe)
            switch status {
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
                outgoing = outgoing?.dropFirst(length)
                if outgoing?.isEmpty ?? true { outgoing = nil }
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

        /// A message that has begun and does not go on has lost its rest: what follows would be taken for it.
        mutating func timerFired(_ id: UInt64) -> Outcome {
            guard id == timerCount, reassembler.isAwaitingMore else { return .goOn([]) }
            return .recover(recovery.stalled())
        }

        mutating func readCancelled(_ pipe: USBPipe) {
            switch pipe {
            case .messages: if !readLengths.isEmpty { readLengths.removeFirst() }
            case .events: isReadingEvents = false
            }
        }

        mutating func writeCancelled() {
            isWriting = false
        }

        mutating func dropPartialMessages() {
            reassembler.reset()
            outgoing = nil
            needsTimer = false
        }

        /// The transfers that are to be under way and are not.
        mutating func nextTransfers() -> [Effect] {
            var effects: [Effect] = []
            if needsTimer {
                needsTimer = false
                timerCount += 1
                effects.append(.startTimer(id: timerCount, after: Limits.partInterval))
            }
            if !isReadingEvents {
                isReadingEvents = true
                let length = Self.rounded(CORTransport.usbEventLengthMax, to: channels.eventsIn.packetLengthMax)
                effects.append(.read(.events, length: length))
            }
            effects += nextReads()
            if !isWriting {
                if outgoing == nil, !queue.isEmpty { outgoing = queue.removeFirst()[...] }
                if let outgoing {
                    isWriting = true
                    effects.append(.write(Array(outgoing)))
                }
            }
            return effects
        }

        private mutating func nextReads() -> [Effect] {
            var effects: [Effect] = []
            while readLengths.count < Limits.readCountMax {
                let missing = reassembler.missingCount - readLengths.reduce(0, +)
                // The packet on top is the next message's first: it is under way when this one ends.
                let length = Self.rounded(max(missing, 1), to: channels.messagesIn.packetLengthMax)
                readLengths.append(length)
                effects.append(.read(.messages, length: length))
            }
            return effects
        }

        private mutating func take(_ bytes: [UInt8]) -> Outcome {
            do throws(SMPError) {
                let messages = try reassembler.append(bytes)
                if !messages.isEmpty { recovery.recovered() }
                needsTimer = reassembler.isAwaitingMore && (!bytes.isEmpty || !messages.isEmpty)
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

        private static func rounded(_ length: Int, to packetLength: Int) -> Int {
            (length + packetLength - 1) / packetLength * packetLength
        }
    }
}
