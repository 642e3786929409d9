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
                try .unsigned(number), .hash(item.recordID), .text(item.serial.text),
                try .unsigned(item.sequence), .integer(Int64(record.kind.rawValue)), .optional(record.cartridge),
                .time(item.received), .integer(item.received.wallMilliseconds), .text(item.link.rawValue),
                .text(item.trust.rawValue), .optional(item.subject?.text), .bool(item.backfilled),
                .optional(item.clockOffsetMilliseconds),
            ], content: record.content)
        guard isNew else { return try insertionOfKnown(item) }
        noteItem(number, .record, contentLength: item.bytes.count)
        return .stored
    }

    private func insertionOfKnown(_ record: RecordItem) throws(StoreFault) -> RecordInsertion {
        if try row(.records, "WHERE record_id = ?", [.hash(record.recordID)]) != nil { return .duplicate }
        guard let existing = try recordID(serial: record.serial, sequence: record.sequence) else {
            throw .refused(.constraint)
        }
        return .conflict(existing: existing)
    }

    /// Keeps a record that was refused. It goes nowhere; the gap that names it does.
    package func quarantine(
        serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], reason: String, time: TimeBlock
    ) throws(StoreFault) {
        try insert(
            .quarantine,
            [
                try nextKey(of: .quarantine), .text(serial.text), try .unsigned(sequence), .text(reason), .time(time),
            ], content: StoredContent(bytes))
        state.quarantined.add(bytes.count)
    }
}
