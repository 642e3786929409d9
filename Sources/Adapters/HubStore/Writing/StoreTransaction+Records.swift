package import CORProtocol
package import HubCore

extension StoreTransaction {
    /// Length of a record item in a batch beyond the record's own bytes, at most.
    private static let recordItemOverhead = 256

    /// Stores a record, once.
    ///
    /// - Parameters:
    ///   - kind: As in the record's payload.
    ///   - cartridge: The cartridge's id, where the kind has one.
    package func insert(
        record: RecordItem, kind: RecordKind, cartridge: String?
    ) throws(StoreFault) -> RecordInsertion {
        let isNew = try insertIfNew(
            .records,
            [
                try .unsigned(itemHead + 1), .hash(record.recordID), .text(record.serial.text),
                try .unsigned(record.sequence), .integer(Int64(kind.rawValue)), .optional(cartridge),
                .time(record.received), .integer(record.received.wallMilliseconds), .text(record.link.rawValue),
                .text(record.trust.rawValue),
                .optional(record.subject?.text), .bool(record.backfilled), .optional(record.clockOffsetMilliseconds),
            ], payload: record.bytes)
        guard isNew else { return try insertionOfKnown(record) }
        _ = try insertItem(.record, length: record.bytes.count + Self.recordItemOverhead)
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
            ], payload: bytes)
    }
}
