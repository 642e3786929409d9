package import CORProtocol
package import HubCore

extension StoreReader {
    /// The record with this id, with its bytes unless they were pruned.
    package func record(id: SHA256Hash) throws(StoreFault) -> StoredRecord? {
        guard let item = try recordItems(from: id, to: id, countMax: 1).first else { return nil }
        let row = try content(of: .records, item: item)
        return StoredRecord(summary: try summary(of: row), bytes: row.payload)
    }

    /// The items of records with ids in a range: what `record_ids` knows, and what came since it was brought up to date.
    func recordItems(from low: SHA256Hash, to high: SHA256Hash, countMax: Int) throws(StoreFault) -> [UInt64] {
        let rows = try connection.rows(
            """
            SELECT item FROM record_ids WHERE record_id BETWEEN ?1 AND ?2 UNION ALL
            SELECT item FROM records WHERE item > ?3 AND record_id BETWEEN ?1 AND ?2 LIMIT ?4
            """, [.hash(low), .hash(high), .unsigned(state.indexedItem), .integer(Int64(countMax))])
        return rows.compactMap { row in
            guard case .integer(let number)? = row.first else { return nil }
            return UInt64(exactly: number)
        }
    }

    /// The id of what the device gave under this sequence.
    package func recordID(serial: DeviceSerial, sequence: UInt64) throws(StoreFault) -> SHA256Hash? {
        guard
            var row = try row(
                .records, "WHERE serial = ? AND sequence = ?", [.text(serial.text), .unsigned(sequence)])
        else { return nil }
        row.skip(2)
        return try row.hash()
    }

    /// The highest sequence of a device that is stored, quarantined or named in a gap; 0 where there is none.
    ///
    /// Up to it the device may be told to free its records, and only from there on is the device asked again.
    package func recordSequence(newestOf serial: DeviceSerial) throws(StoreFault) -> UInt64 {
        var newest: UInt64 = 0
        for (table, column) in [(StoredTable.records, "sequence"), (.quarantine, "sequence"), (.gaps, "last")] {
            guard let index = table.columns.firstIndex(of: column),
                var row = try row(table, "WHERE serial = ? ORDER BY \(column) DESC", [.text(serial.text)])
            else { continue }
            row.skip(index)
            newest = max(newest, try row.unsigned())
        }
        return newest
    }

    package func records(_ filter: RecordFilter = RecordFilter()) throws(StoreFault) -> [RecordSummary] {
        var conditions: [String] = []
        var values: [SQLiteValue] = []
        if let serial = filter.serial {
            conditions.append("serial = ?")
            values.append(.text(serial.text))
        }
        if let kind = filter.kind {
            conditions.append("kind = ?")
            values.append(.integer(Int64(kind.rawValue)))
        }
        if let after = filter.after {
            conditions.append(filter.order == .newestFirst ? "item < ?" : "item > ?")
            values.append(try .unsigned(after))
        }
        let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) "
        let order = filter.order == .newestFirst ? "DESC" : "ASC"
        return try summaries(
            "\(condition)ORDER BY item \(order) LIMIT ?", values + [.integer(Int64(filter.countMax))])
    }

    /// The records that a batch carries, in the order of its leaves.
    package func records(of position: BatchPosition) throws(StoreFault) -> [RecordSummary] {
        guard let batch = try batchSummary(position) else { throw .refused(.noSuchBatch(position)) }
        return try summaries(
            "WHERE item IN (SELECT item FROM items WHERE batch = ? AND section = 6) ORDER BY item",
            [.unsigned(batch.number)])
    }

    /// The newest refused records.
    package func quarantined(countMax: Int = 100) throws(StoreFault) -> [QuarantinedRecord] {
        try quarantined("ORDER BY number DESC LIMIT ?", [.integer(Int64(countMax))])
    }

    /// What a device gave under this sequence and was refused.
    package func quarantined(serial: DeviceSerial, sequence: UInt64) throws(StoreFault) -> [QuarantinedRecord] {
        try quarantined(
            "WHERE serial = ? AND sequence = ? ORDER BY number", [.text(serial.text), .unsigned(sequence)])
    }

    func recordItem(_ item: UInt64) throws(StoreFault) -> RecordItem {
        let row = try content(of: .records, item: item)
        let summary = try summary(of: row, forwarding: .pending)
        guard let bytes = row.payload else { throw row.shapeDamage }
        return RecordItem(
            recordID: summary.recordID, serial: summary.serial, sequence: summary.sequence, bytes: bytes,
            received: summary.received, link: summary.link, trust: summary.trust, subject: summary.subject,
            backfilled: summary.backfilled, clockOffsetMilliseconds: summary.clockOffsetMilliseconds)
    }

    func summary(of row: StoredRow, forwarding: ForwardingState? = nil) throws(StoreFault) -> RecordSummary {
        var row = row
        let item = try row.unsigned()
        row.skip()
        let recordID = try row.hash()
        let serial = try row.value(try row.text(), DeviceSerial.init)
        let sequence = try row.unsigned()
        let kind = try row.value(try row.integer()) { UInt8(exactly: $0).flatMap(RecordKind.init(rawValue:)) }
        let cartridge = try row.optionalText()
        let received = try row.shape(TimeBlock.self)
        row.skip()
        let link = try row.value(try row.text(), LinkKind.init(rawValue:))
        let trust = try row.value(try row.text(), DeviceTrustLevel.init(rawValue:))
        let subject = try row.optionalText().flatMap(SubjectID.init)
        let backfilled = try row.bool()
        let state: ForwardingState
        if let forwarding { state = forwarding } else { state = try self.forwarding(of: item, in: .record) }
        return RecordSummary(
            item: item, recordID: recordID, serial: serial, sequence: sequence, kind: kind, cartridge: cartridge,
            length: try row.payloadLength, received: received, link: link, trust: trust, subject: subject,
            backfilled: backfilled, clockOffsetMilliseconds: try row.optionalInteger(),
            bytesState: try row.bytesState,
            forwarding: state)
    }

    func summaries(_ clause: String, _ values: [SQLiteValue]) throws(StoreFault) -> [RecordSummary] {
        var summaries: [RecordSummary] = []
        for row in try rows(.records, clause, values) { summaries.append(try summary(of: row)) }
        return summaries
    }

    private func quarantined(_ clause: String, _ values: [SQLiteValue]) throws(StoreFault) -> [QuarantinedRecord] {
        var records: [QuarantinedRecord] = []
        for row in try rows(.quarantine, clause, values, withPayload: true) {
            var row = row
            records.append(
                QuarantinedRecord(
                    number: try row.unsigned(), serial: try row.value(try row.text(), DeviceSerial.init),
                    sequence: try row.unsigned(), reason: try row.text(), noticed: try row.shape(TimeBlock.self),
                    bytes: row.payload, length: try row.payloadLength))
        }
        return records
    }
}
