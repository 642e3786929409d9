package import CORProtocol
package import HubCore

extension StoreTransaction {
    /// Stores a record, once.
    package func insert(_ record: SealedRecord) throws(StoreFault) -> RecordInsertion {
        let number = state.itemHead + 1
        let item = record.item
        let isNew = try insertIfNew(
            .records,
            [
                try .unsigned(number), try .unsigned(state.commitSequence + 1), .hash(item.recordID),
                .text(item.serial.text),
                try .unsigned(item.sequence), .integer(Int64(record.kind.rawValue)), .optional(record.cartridge),
                .time(item.received), .integer(item.received.wallMilliseconds), .text(item.link.rawValue),
                .text(item.trust.rawValue), .optional(item.subject?.text), .bool(item.backfilled),
                .optional(item.clockOffsetMilliseconds),
            ], content: record.content)
        guard isNew else { return try insertionOfKnown(item) }
        noteItem(number, .record, contentLength: item.bytes.count)
        return .stored
    }

    /// A record's id covers its serial and its sequence, so these find it.
    private func insertionOfKnown(_ record: RecordItem) throws(StoreFault) -> RecordInsertion {
        guard let existing = try recordID(serial: record.serial, sequence: record.sequence) else {
            throw .refused(.constraint)
        }
        return existing == record.recordID ? .duplicate : .conflict(existing: existing)
    }

    /// Makes the ids of the newest records known to `record_ids`, in the order of its keys: many at once touch far fewer
    /// of its pages than each at its own time.
    func indexRecordIDs() throws(StoreFault) {
        let ids = try connection.rows(
            "SELECT record_id, item FROM records WHERE item > ? ORDER BY record_id", [.unsigned(state.indexedItem)])
        for id in ids {
            try connection.run("INSERT INTO record_ids (record_id, item) VALUES (?, ?) ON CONFLICT DO NOTHING", id)
        }
        state.indexedItem = state.itemHead
    }

    /// Keeps a record that was refused. It goes nowhere; the gap that names it does.
    package func quarantine(
        serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], reason: String, time: TimeBlock
    ) throws(StoreFault) {
        try insert(
            .quarantine,
            [
                try nextKey(of: .quarantine), .text(serial.text), try .unsigned(sequence), .text(reason), .time(time),
                .integer(time.wallMilliseconds),
            ], content: sealed(bytes, in: .quarantine))
        state.quarantined.add(bytes.count)
    }
}
