import SMPProtocol

/// The reads of messages that are under way on one link.
///
/// A read with room for the longest message ends with the message, in one transfer. Where a device leaves out the packet
/// of zero bytes behind a full one, such a read goes on waiting: from the first answer that is missed on, reads are as
/// long as the message that has begun still needs, and else one packet.
struct USBReads: Sendable {
    /// Reads under way at a time: one may end while the next is on its way to the kernel.
    private static let countMax = 2

    private let packetLength: Int
    /// Oldest first.
    private var lengths: [Int] = []
    /// Those of them that are being cancelled.
    private var cancelledCount = 0
    private(set) var areShort = false

    /// - Parameter packetLength: bytes of the endpoint's packet.
    init(packetLength: Int) {
        self.packetLength = packetLength
    }

    var isEmpty: Bool { lengths.isEmpty }

    var areCancelled: Bool { cancelledCount > 0 }

    mutating func ended() {
        guard !lengths.isEmpty else { return }
        lengths.removeFirst()
        cancelledCount = max(0, cancelledCount - 1)
    }

    /// The lengths of the reads to begin.
    ///
    /// - Parameter missingCount: bytes that the message that has begun still needs; 0 between messages.
    mutating func begin(missingCount: Int) -> [Int] {
        guard !areCancelled else { return [] }
        var begun: [Int] = []
        while lengths.count < Self.countMax {
            let wanted = areShort ? missingCount - lengths.reduce(0, +) : USBLinkMachine.Limits.messageLengthMax
            // Where all that is missing is on its way, the packet on top is the next message's first.
            let length = Self.rounded(max(wanted, 1), to: packetLength)
            lengths.append(length)
            begun.append(length)
        }
        return begun
    }

    /// From now on no read is longer than what is known to come. The owner cancels the reads under way.
    mutating func shorten() {
        areShort = true
        cancelledCount = lengths.count
    }

    /// The whole packets that hold `length` bytes, in bytes.
    static func rounded(_ length: Int, to packetLength: Int) -> Int {
        (length + packetLength - 1) / packetLength * packetLength
    }
}
