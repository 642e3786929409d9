import CBORCoding
package import CORProtocol
package import HubCore

extension StoreReader {
    /// Results of a person that the trend may look at: of measurements up to a moment, in the order of their making; of
    /// more than `countMax` the latest.
    package func history(
        of subject: SubjectID, upTo milliseconds: Int64, countMax: Int = 4_000
    ) throws(StoreFault) -> [HistoryEntry] {
        let rows = try rows(
            .history, "WHERE subject = ? AND measured_ms <= ? ORDER BY measured_ms DESC, number DESC LIMIT ?",
            [.text(subject.text), .integer(milliseconds), .integer(Int64(countMax))], withPayload: true)
        var entries: [(number: Int64, entry: HistoryEntry)] = []
        for row in rows where try row.bytesState == .present {
            var columns = row
            entries.append((try columns.integer(), try row.payloadShape(HistoryEntry.self)))
        }
        return entries.sorted { $0.number < $1.number }.map(\.entry)
    }

    /// To whom a device was assigned, nil where nobody has.
    package func assignment(of serial: DeviceSerial) throws(StoreFault) -> DeviceAssignment? {
        try setting(Self.assignmentSetting(serial), as: DeviceAssignment.self)
    }

    static let assignmentPrefix = "assignment/"

    static func assignmentSetting(_ serial: DeviceSerial) -> String { assignmentPrefix + serial.text }

    /// A reading with what was made of it; nil where there is none.
    package func reading(_ id: SHA256Hash) throws(StoreFault) -> RecordIntake.StoredReading? {
        guard let record = try record(id: id) else { return nil }
        var isUsed = false
        if let cartridge = record.summary.cartridge {
            isUsed =
                try row(
                    .records, "WHERE cartridge = ? AND item < ?",
                    [.text(cartridge), .unsigned(record.summary.item)]) != nil
        }
        return RecordIntake.StoredReading(
            record: record, results: try results(ofRecord: id),
            hadResults: try row(.resultInputs, "WHERE record_id = ?", [.hash(id)]) != nil, isCartridgeUsed: isUsed)
    }
}
