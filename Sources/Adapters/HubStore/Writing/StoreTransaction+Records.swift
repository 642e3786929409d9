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
        guard try row(.records, "WHERE record_id = ?", [.hash(record.recordID)]) == nil else { return .duplicate }
        if let existing = try recordID(serial: record.serial, sequence: record.sequence) {
            return .conflict(existing: existing)
        }
        let item = try insertItem(.record, length: record.bytes.count + Self.recordItemOverhead)
        try insert(
            .records,
            [
                try .unsigned(item), .hash(record.recordID), .text(record.serial.text), try .unsigned(record.sequence),
                .integer(Int64(kind.rawValue)), .optional(cartridge), .time(record.received),
                .integer(record.received.wallMilliseconds), .text(record.link.rawValue), .text(record.trust.rawValue),
                .optional(record.subject?.text), .bool(record.backfilled), .optional(record.clockOffsetMilliseconds),
            ], payload: record.bytes)
        return .stored
    }

    /// Keeps a record that was refused. It goes nowhere; the gap that names it does.
    package func quarantine(
        serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], reason: String, time: TimeBlock
    ) throws(StoreFault) {
        let newest = try connection.integer("SELECT max(number) FROM quarantine") ?? 0
        try insert(
            .quarantine,
            [.integer(newest + 1), .text(serial.text), try .unsigned(sequence), .text(reason), .time(time)],
            payload: bytes)
    }
}
