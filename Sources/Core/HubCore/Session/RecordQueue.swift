import CORProtocol

/// The records of one pass over the device's list: those still to be read, and whether the device has more.
struct RecordQueue: Sendable {
    /// Ascending by sequence.
    var entries: [RecordEntry] = []
    /// Sequences after this one are asked for next.
    var listedUpTo: UInt64
    var hasMore = true
    var pageCount = 0
    /// What the device listed in this pass and was not acknowledged since. Ascending.
    private(set) var unacknowledged: [RecordEntry] = []
    /// How often in this pass the device kept other records than it had listed.
    var disputeCount = 0

    init(after sequence: UInt64) {
        listedUpTo = sequence
    }

    func restarted(after sequence: UInt64) -> RecordQueue {
        var queue = RecordQueue(after: sequence)
        // An endless quarrel ends as an endless list does.
        queue.pageCount = pageCount
        queue.disputeCount = disputeCount
        return queue
    }

    /// What an acknowledgement up to this sequence is about.
    func proof(upTo sequence: UInt64) -> SHA256Hash {
        RecordAcknowledgeRequest.proof(of: unacknowledged.prefix { $0.sequence <= sequence })
    }

    func acknowledged(upTo sequence: UInt64) -> RecordQueue {
        var queue = self
        queue.unacknowledged.removeAll { $0.sequence <= sequence }
        return queue
    }

    /// Takes one answer of the device, put in order. Doubles, entries that were not asked for and entries beyond the
    /// newest record that the device's own status names are left out and counted.
    func appending(_ page: RecordListResponse, newest: UInt64) -> (queue: RecordQueue, leftOutCount: Int) {
        var queue = self
        var leftOutCount = 0
        for entry in page.records.sorted(by: { $0.sequence < $1.sequence }) {
            guard entry.sequence > queue.listedUpTo, entry.sequence <= newest else {
                leftOutCount += 1
                continue
            }
            queue.listedUpTo = entry.sequence
            queue.entries.append(entry)
            queue.unacknowledged.append(entry)
        }
        // "More" without a single new entry would make the loop endless.
        queue.hasMore = page.hasMore && queue.listedUpTo > listedUpTo
        queue.pageCount += 1
        return (queue, leftOutCount)
    }
}
