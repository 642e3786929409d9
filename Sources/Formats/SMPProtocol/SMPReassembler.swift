/// Joins fragments to whole messages by the length in each header: BLE notifications, USB bulk transfers.
///
/// It holds at most one message of `SMPLimits.payloadLengthMax` and one fragment. A fragment may end one message and
/// begin the next.
package struct SMPReassembler: Sendable {
    private let limits: SMPLimits
    private var pending: [UInt8] = []

    package init(limits: SMPLimits = SMPLimits()) {
        self.limits = limits
    }

    /// Whether a message has begun and not ended; the owner may give it a time-out and `reset()`.
    package var isAwaitingMore: Bool { !pending.isEmpty }

    /// Bytes that the message that has begun still wants, as far as its header is there to tell; 0 between messages.
    package var missingCount: Int {
        guard isAwaitingMore else { return 0 }
        guard pending.count >= SMPHeader.byteCount else { return SMPHeader.byteCount - pending.count }
        // `append` has refused a header that cannot be.
        let length = (try? payloadLength(at: 0)) ?? 0
        return SMPHeader.byteCount + length - pending.count
    }

    /// Adds a fragment and returns the messages that are whole now, still encoded.
    ///
    /// A header that cannot be throws, and everything held is dropped: nothing in the stream says where the next
    /// message begins, but on BLE it begins with the next notification.
    package mutating func append(_ fragment: some Collection<UInt8>) throws(SMPError) -> [[UInt8]] {
        // A message that is a fragment of its own, as on USB, is not copied.
        if pending.isEmpty { pending = Array(fragment) } else { pending += fragment }
        var messages: [[UInt8]] = []
        var start = 0
        while pending.count - start >= SMPHeader.byteCount {
            let end: Int
            do throws(SMPError) {
                end = start + SMPHeader.byteCount + (try payloadLength(at: start))
            } catch {
                pending = []
                throw error
            }
            guard end <= pending.count else { break }
            if start == 0, end == pending.count {
                defer { pending = [] }
                return [pending]
            }
            messages.append(Array(pending[start..<end]))
            start = end
        }
        pending.removeFirst(start)
        return messages
    }

    /// Forgets what has been held, as after a disconnect or a time-out between fragments.
    package mutating func reset() {
        pending = []
    }

    private func payloadLength(at start: Int) throws(SMPError) -> Int {
        let length = Int(try SMPHeader(decoding: pending[start...]).length)
        guard length <= limits.payloadLengthMax else {
            throw .payloadTooLong(length: length, max: limits.payloadLengthMax)
        }
        return length
    }
}
