package import CORProtocol

/// The device's ring of records: what is not acknowledged stays, unless newer records need the room.
package struct RecordStore: Sendable, Hashable {
    /// Ascending sequence, at most `capacity`.
    package private(set) var records: [StoredRecord]
    /// The newest sequence ever given, 0 before the first.
    package private(set) var newestSequence: UInt64
    /// Up to this sequence everything is acknowledged.
    package private(set) var acknowledgedSequence: UInt64
    package let capacity: Int

    package init(
        capacity: Int, records: [StoredRecord] = [], newestSequence: UInt64 = 0, acknowledgedSequence: UInt64 = 0
    ) {
        precondition(capacity > 0, "a ring holds at least one record")
        self.capacity = capacity
        self.records = Array(records.sorted { $0.sequence < $1.sequence }.suffix(capacity))
        self.newestSequence = max(newestSequence, self.records.last?.sequence ?? 0)
        self.acknowledgedSequence = acknowledgedSequence
    }

    package var nextSequence: UInt64 {
        newestSequence + 1
    }

    /// Adds a record of `nextSequence`. Returns the oldest record when the ring was full and lost it.
    package mutating func append(_ record: StoredRecord) -> StoredRecord? {
        precondition(record.sequence == nextSequence, "a record takes the next sequence")
        newestSequence = record.sequence
        records.append(record)
        return records.count > capacity ? records.removeFirst() : nil
    }

    package func record(of sequence: UInt64) -> StoredRecord? {
        records.first { $0.sequence == sequence }
    }

    /// The first `countMax` records after `sequence`, and whether there are more.
    package func list(after sequence: UInt64, countMax: Int) -> (records: ArraySlice<StoredRecord>, hasMore: Bool) {
        let start = records.firstIndex { $0.sequence > sequence } ?? records.endIndex
        let later = records[start...]
        return (later.prefix(countMax), later.count > countMax)
    }

    /// What an acknowledgement up to `sequence` has to be about.
    package func proof(upTo sequence: UInt64) -> SHA256Hash {
        RecordAcknowledgeRequest.proof(
            of: records.prefix { $0.sequence <= sequence }.map {
                RecordEntry(sequence: $0.sequence, length: $0.bytes.count, kind: $0.kind, hash: $0.hash)
            })
    }

    /// Frees everything up to `sequence`; what was never made cannot be acknowledged. Returns the sequences freed.
    package mutating func acknowledge(upTo sequence: UInt64) -> [UInt64] {
        acknowledgedSequence = max(acknowledgedSequence, min(sequence, newestSequence))
        let freed = records.prefix { $0.sequence <= acknowledgedSequence }.map(\.sequence)
        records.removeFirst(freed.count)
        return freed
    }

    /// The counter is lost, as a device must never do: the next record is number 1 again.
    package mutating func loseCounter() -> [UInt64] {
        let lost = records.map(\.sequence)
        records = []
        newestSequence = 0
        acknowledgedSequence = 0
        return lost
    }
}
