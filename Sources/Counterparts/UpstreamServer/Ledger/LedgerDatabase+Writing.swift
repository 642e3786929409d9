import CORProtocol
import JSONCoding

extension LedgerDatabase {
    /// A hub that raises alarms without end fills no disk.
    private static let alarmCountMax: Int64 = 1000

    func lane(of envelope: BatchEnvelope) throws(SQLiteFailure) -> Ledger.Lane {
        let hub = SQLiteValue.text(envelope.hub.text)
        let epoch = SQLiteValue.blob(envelope.epoch.bytes)
        return Ledger.Lane(
            stored: try database.row(
                "SELECT hash, receipt FROM batches WHERE hub = ? AND epoch = ? AND sequence = ?", hub, epoch,
                .integer(Int64(envelope.sequence))
            ) { (row) throws(SQLiteFailure) in
                Ledger.Lane.Stored(hash: try row.hash(0), receipt: row.blob(1))
            },
            tip: try database.row(
                """
                SELECT sequence, hash, status FROM batches WHERE hub = ? AND epoch = ? ORDER BY sequence DESC LIMIT 1
                """, hub, epoch
            ) { (row) throws(SQLiteFailure) in
                Ledger.Lane.Tip(
                    sequence: UInt64(row.integer(0)), hash: try row.hash(1),
                    isRejected: row.integer(2) == Int64(ReceiptStatus.rejected.rawValue))
            },
            currentEpoch: try database.row("SELECT epoch FROM epochs WHERE hub = ? ORDER BY id DESC LIMIT 1", hub) {
                (row) throws(SQLiteFailure) in Epoch(bytes: row.blob(0))
            } ?? nil)
    }

    func history(for batch: Batch, replacesEpoch: Bool) throws(SQLiteFailure) -> LedgerHistory {
        let hub = SQLiteValue.text(batch.hubID.text)
        let epoch = SQLiteValue.blob(batch.epoch.bytes)
        var history = LedgerHistory(replacesEpoch: replacesEpoch)
        let head = try database.row(
            "SELECT audit_sequence, audit_hash, audit_batch_sequence FROM epochs WHERE hub = ? AND epoch = ?", hub,
            epoch
        ) { (row) throws(SQLiteFailure) in
            (
                head: row.isNull(0)
                    ? nil : LedgerHistory.AuditHead(sequence: UInt64(row.integer(0)), hash: try row.hash(1)),
                batchSequence: row.integer(2)
            )
        }
        history.auditHead = head?.head
        if let first = batch.audit.first, let newest = head?.head, first.sequence <= newest.sequence {
            history.auditHole = try auditHole(at: first.sequence, hub, epoch)
        }
        if let first = batch.audit.first, let newest = head?.head, first.sequence > newest.sequence + 1 {
            history.auditPredecessor = try auditPredecessor(of: first, hub, epoch)
        }
        history.followsRejected =
            try database.row(
                "SELECT 1 FROM batches WHERE hub = ? AND epoch = ? AND sequence > ? AND status = ? LIMIT 1", hub, epoch,
                .integer(head?.batchSequence ?? 0), .integer(Int64(ReceiptStatus.rejected.rawValue))
            ) { (_) throws(SQLiteFailure) in true } ?? false

        for serial in Set(batch.records.map(\.serial) + batch.gaps.map(\.serial)) {
            history.accounted[serial] = try database.row(
                "SELECT accounted FROM lanes WHERE hub = ? AND epoch = ? AND serial = ?", hub, epoch, .text(serial.text)
            ) { (row) throws(SQLiteFailure) in UInt64(row.integer(0)) }
            history.known[serial] =
                try database.row(
                    """
                    SELECT max(sequence) FROM (
                        SELECT last_sequence AS sequence FROM devices WHERE serial = ?1
                        UNION ALL SELECT accounted FROM lanes WHERE hub = ?2 AND serial = ?1)
                    """, .text(serial.text), hub
                ) { (row) throws(SQLiteFailure) in row.isNull(0) ? nil : UInt64(row.integer(0)) } ?? nil
        }
        for record in batch.records {
            let stored = try database.row(
                "SELECT record_id FROM records WHERE serial = ? AND sequence = ? LIMIT 1", .text(record.serial.text),
                .integer(Int64(record.sequence))
            ) { (row) throws(SQLiteFailure) in try row.hash(0) }
            history.recordIDs[DevicePosition(serial: record.serial, sequence: record.sequence)] = stored
        }
        return history
    }

    private func auditPredecessor(
        of entry: AuditEntry, _ hub: SQLiteValue, _ epoch: SQLiteValue
    ) throws(SQLiteFailure) -> LedgerHistory.AuditPredecessor? {
        let isInEarlierEpoch =
            try database.row(
                """
                SELECT 1 FROM epochs JOIN hub_audit USING (hub, epoch)
                WHERE hub = ? AND epoch <> ? AND hub_audit.sequence = ? AND hub_audit.hash = ? LIMIT 1
                """, hub, epoch, .integer(Int64(entry.sequence) - 1), .blob(entry.previousHash.bytes)
            ) { (_) throws(SQLiteFailure) in true } ?? false
        if isInEarlierEpoch { return .inEarlierEpoch }
        // Of a rejected batch only the bytes are kept. It is looked into where a log would have a hole, which is seldom.
        let tails = try database.rows(
            "SELECT bytes FROM batches WHERE hub = ? AND status = ? ORDER BY id DESC LIMIT \(Self.rejectedCountMax)",
            hub,
            .integer(Int64(ReceiptStatus.rejected.rawValue))
        ) { (row) throws(SQLiteFailure) in Self.auditTail(of: row.blob(0)) }
        return tails.contains { $0?.hash == entry.previousHash && $0?.sequence == entry.sequence - 1 }
            ? .inRejectedBatch : nil
    }

    /// Rejected batches of a hub that are looked into, newest first.
    private static let rejectedCountMax = 256

    private static func auditTail(of bytes: [UInt8]) -> AuditEntry? {
        do throws(BatchRefusal) {
            return try SignedBatch(decoding: bytes).batch.audit.last
        } catch {
            return nil  // Rejected since it could not be read.
        }
    }

    private func auditHole(
        at sequence: UInt64, _ hub: SQLiteValue, _ epoch: SQLiteValue
    ) throws(SQLiteFailure) -> LedgerHistory.AuditHole? {
        let sequence = SQLiteValue.integer(Int64(sequence))
        let before = try database.row(
            """
            SELECT sequence, hash FROM hub_audit WHERE hub = ? AND epoch = ? AND sequence < ?
            ORDER BY sequence DESC LIMIT 1
            """, hub, epoch, sequence
        ) { (row) throws(SQLiteFailure) in
            LedgerHistory.AuditHead(sequence: UInt64(row.integer(0)), hash: try row.hash(1))
        }
        return try database.row(
            """
            SELECT sequence, previous_hash FROM hub_audit WHERE hub = ? AND epoch = ? AND sequence >= ?
            ORDER BY sequence LIMIT 1
            """, hub, epoch, sequence
        ) { (row) throws(SQLiteFailure) in
            LedgerHistory.AuditHole(
                before: before, afterSequence: UInt64(row.integer(0)),
                afterPreviousHash: row.isNull(1) ? nil : try row.hash(1))
        }
    }

    /// - Returns: the row of the batch.
    func insert(_ envelope: BatchEnvelope, as entry: BatchEntry) throws(SQLiteFailure) -> Int64 {
        try database.execute(
            "INSERT INTO epochs (hub, epoch, begun_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            .text(envelope.hub.text), .blob(envelope.epoch.bytes), .integer(entry.arrivedMilliseconds))
        try database.execute(
            """
            INSERT INTO batches (hub, epoch, sequence, hash, status, reason, received_ms, log_index, receipt, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(envelope.hub.text), .blob(envelope.epoch.bytes), .integer(Int64(envelope.sequence)),
            .blob(envelope.hash.bytes), .integer(Int64(entry.status.rawValue)), .text(entry.reason),
            .integer(entry.arrivedMilliseconds), .integer(entry.logIndex.map(Int64.init)), .blob(entry.receipt),
            .blob(envelope.bytes))
        return database.lastInsertedRow
    }

    func insertContents(
        of batch: Batch, records: [SignedRecord], acceptance: LedgerVerdict.Acceptance, batch row: Int64, at now: Int64
    ) throws(SQLiteFailure) {
        for (index, (item, record)) in zip(batch.records, records).enumerated() {
            try insert(item, record, index: index, of: batch, batch: row, at: now)
        }
        for (index, result) in batch.results.enumerated() { try insert(result, index: index, batch: row) }
        for gap in batch.gaps {
            try insertGap(
                gap.serial, gap.first...gap.last, reason: gap.reason.name, namedBy: "hub", hub: batch.hubID, batch: row,
                at: gap.noticed.wallMilliseconds, detail: gap.detail)
        }
        for gap in acceptance.noticedGaps {
            try insertGap(
                gap.serial, gap.first...gap.last, reason: GapReason.missing.name, namedBy: "upstream", hub: batch.hubID,
                batch: row, at: now, detail: "neither an earlier epoch nor another hub sent these")
        }
        for (serial, sequence) in acceptance.accounted {
            try database.execute(
                """
                INSERT INTO lanes (hub, epoch, serial, accounted) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET accounted = excluded.accounted
                """, .text(batch.hubID.text), .blob(batch.epoch.bytes), .text(serial.text), .integer(Int64(sequence)))
        }
        for entry in batch.audit { try insert(entry, of: batch) }
        if let last = batch.audit.last {
            try database.execute(
                """
                UPDATE epochs SET audit_sequence = ?1, audit_hash = ?2, audit_batch_sequence = ?3
                WHERE hub = ?4 AND epoch = ?5 AND coalesce(audit_sequence, 0) < ?1
                """, .integer(Int64(last.sequence)), .blob(last.hash.bytes), .integer(Int64(batch.sequence)),
                .text(batch.hubID.text), .blob(batch.epoch.bytes))
        }
        for alarm in acceptance.alarms { try insert(alarm, of: batch.hubID, at: now) }
    }

    func store(_ log: ReceiptLog) throws(SQLiteFailure) {
        try database.execute(
            "UPDATE log SET size = ?, peaks = ?", .integer(Int64(log.size)), .blob(log.peaks.flatMap(\.bytes)))
    }

    func insert(_ alarm: Alarm, of hub: HubID, at now: Int64) throws(SQLiteFailure) {
        try database.execute(
            """
            INSERT INTO alarms (hub, kind, detail, first_ms, last_ms)
            SELECT ?1, ?2, ?3, ?4, ?4 WHERE (SELECT count(*) FROM alarms WHERE hub = ?1) < \(Self.alarmCountMax)
                OR EXISTS (SELECT 1 FROM alarms WHERE hub = ?1 AND kind = ?2 AND detail = ?3)
            ON CONFLICT DO UPDATE SET count = count + 1, last_ms = excluded.last_ms
            """, .text(hub.text), .text(alarm.kind.rawValue), .text(alarm.detail), .integer(now))
    }

    /// A record that is here already stays as it first came.
    private func insert(
        _ item: RecordItem, _ record: SignedRecord, index: Int, of batch: Batch, batch row: Int64, at now: Int64
    ) throws(SQLiteFailure) {
        try database.execute(
            """
            INSERT INTO records (record_id, serial, sequence, kind, hub, batch, item, trust, subject, arrived_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            .blob(item.recordID.bytes), .text(item.serial.text), .integer(Int64(item.sequence)),
            .integer(Int64(record.payload.kind.rawValue)), .text(batch.hubID.text), .integer(row), .integer(index),
            .text(item.trust.rawValue), .text(item.subject?.text), .integer(now))
        try database.execute(
            """
            INSERT INTO devices (serial, hub, first_ms, last_ms, last_sequence) VALUES (?1, ?2, ?3, ?3, ?4)
            ON CONFLICT DO UPDATE SET hub = ?2, last_ms = ?3, last_sequence = max(last_sequence, ?4)
            """, .text(item.serial.text), .text(batch.hubID.text), .integer(now), .integer(Int64(item.sequence)))
    }

    private func insert(_ result: AnalysisResult, index: Int, batch row: Int64) throws(SQLiteFailure) {
        try database.execute(
            "INSERT INTO results (result_id, batch, item, json) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            .blob(result.id.bytes), .integer(row), .integer(index), .text(result.json.serialized()))
        for input in result.inputs {
            try database.execute(
                "INSERT INTO result_inputs (record_id, result_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
                .blob(input.bytes), .blob(result.id.bytes))
        }
    }

    private func insertGap(
        _ serial: DeviceSerial, _ span: ClosedRange<UInt64>, reason: String, namedBy: String, hub: HubID,
        batch row: Int64, at time: Int64, detail: String
    ) throws(SQLiteFailure) {
        try database.execute(
            """
            INSERT INTO gaps (serial, first, last, reason, named_by, hub, batch, noticed_ms, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(serial.text), .integer(Int64(span.lowerBound)), .integer(Int64(span.upperBound)), .text(reason),
            .text(namedBy), .text(hub.text), .integer(row), .integer(time), .text(detail))
    }

    private func insert(_ entry: AuditEntry, of batch: Batch) throws(SQLiteFailure) {
        try database.execute(
            """
            INSERT INTO hub_audit
                (hub, epoch, sequence, type, component, subject, outcome, detail, wall_ms, hash, previous_hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(batch.hubID.text), .blob(batch.epoch.bytes), .integer(Int64(entry.sequence)),
            .text(entry.type.rawValue), .text(entry.actor.component), .text(entry.subject), .text(entry.outcome),
            .text(entry.detail), .integer(entry.time.wallMilliseconds), .blob(entry.hash.bytes),
            .blob(entry.previousHash.bytes))
    }
}

extension SQLiteRow {
    func hash(_ column: Int32) throws(SQLiteFailure) -> SHA256Hash {
        guard let hash = SHA256Hash(bytes: blob(column)) else {
            throw SQLiteFailure(code: 0, message: "a stored hash has not 32 bytes")
        }
        return hash
    }
}

extension GapReason {
    var name: String {
        switch self {
        case .missing: "missing"
        case .refused: "refused"
        case .quarantined: "quarantined"
        case .overwritten: "overwritten"
        case .lost: "lost"
        case .erased: "erased"
        }
    }
}
