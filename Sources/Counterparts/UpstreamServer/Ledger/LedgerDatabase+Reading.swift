package import CORProtocol
import FoundationEssentials
package import JSONCoding
import TextEncodings

/// What operators read, in the shapes of openapi.yaml.
extension LedgerDatabase {
    /// The epochs of a hub, oldest first.
    package func state(of hub: HubID) throws(LedgerFailure) -> JSONValue {
        let epochs = try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.rows(
                """
                SELECT e.epoch, e.begun_ms, count(b.id), coalesce(max(b.sequence), 0), coalesce(max(b.received_ms), 0),
                    count(CASE b.status WHEN 3 THEN 1 END)
                FROM epochs e LEFT JOIN batches b ON b.hub = e.hub AND b.epoch = e.epoch
                WHERE e.hub = ? GROUP BY e.id ORDER BY e.id
                """, .text(hub.text)
            ) { (row) throws(SQLiteFailure) -> JSONValue in
                [
                    "epoch": .string(row.blob(0).hex), "begun_ms": .integer(row.integer(1)),
                    "batches": .integer(row.integer(2)), "last_sequence": .integer(row.integer(3)),
                    "last_received_ms": .integer(row.integer(4)), "rejected": .integer(row.integer(5)),
                ]
            }
        }
        return .array(epochs)
    }

    package func devices() throws(LedgerFailure) -> [JSONValue] {
        try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.rows("\(Self.deviceColumns) ORDER BY serial", read: Self.deviceJSON)
        }
    }

    package func device(_ serial: String) throws(LedgerFailure) -> JSONValue? {
        try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.row("\(Self.deviceColumns) WHERE serial = ?", .text(serial), read: Self.deviceJSON)
        }
    }

    package func receipt(hub: HubID, epoch: Epoch, sequence: UInt64) throws(LedgerFailure) -> [UInt8]? {
        try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.row(
                "SELECT receipt FROM batches WHERE hub = ? AND epoch = ? AND sequence = ?", .text(hub.text),
                .blob(epoch.bytes), .integer(Int64(sequence))
            ) { (row) throws(SQLiteFailure) in row.blob(0) }
        }
    }

    /// {"readings": […], "more": whether the limit cut the list}, oldest arrival first.
    package func readings(_ filter: LedgerFilter) throws(LedgerFailure) -> JSONValue {
        let rows = try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.rows(
                """
                SELECT record_id, serial, sequence, kind, hub, trust, subject, arrived_ms, (
                    SELECT json_group_array(json(r.json)) FROM result_inputs i JOIN results r USING (result_id)
                    WHERE i.record_id = records.record_id
                ) FROM records
                WHERE (?1 IS NULL OR serial = ?1) AND (?2 IS NULL OR hub = ?2) AND arrived_ms >= ?3
                ORDER BY arrived_ms, serial, sequence LIMIT ?4
                """, .text(filter.serial), .text(filter.hub), .integer(filter.sinceMilliseconds),
                .integer(filter.limit + 1)
            ) { (row) throws(SQLiteFailure) in
                Self.recordJSON(row, results: row.text(8))
            }
        }
        return ["readings": .array(Array(rows.prefix(filter.limit))), "more": .bool(rows.count > filter.limit)]
    }

    /// One record with the whole chain of custody: the device's bytes, what was derived from them, the batch, its receipt,
    /// and the path that proves the record alone.
    package func reading(_ id: SHA256Hash) throws(LedgerFailure) -> JSONValue? {
        guard let place = try reading({ (ledger) throws(SQLiteFailure) in try ledger.place(of: id) }) else {
            return nil
        }
        let signed: SignedBatch
        do throws(BatchRefusal) {
            signed = try SignedBatch(decoding: place.bytes)
        } catch {
            throw .damaged("batch \(place.sequence) of \(place.hub): \(error)")
        }
        let batch = signed.batch
        guard batch.records.indices.contains(place.item), batch.records[place.item].recordID == id,
            let leafIndex = batch.leafIndex(section: .records, index: place.item),
            let path = batch.inclusionPath(section: .records, index: place.item)
        else { throw .damaged("record \(id.hex) is not where it was put") }
        let item = batch.records[place.item]
        return [
            "record": place.summary,
            "received": [
                "wall_ms": .integer(item.received.wallMilliseconds), "link": .string(item.link.rawValue),
                "backfilled": .bool(item.backfilled),
                "clock_offset_ms": item.clockOffsetMilliseconds.map { .integer($0 as Int64) } ?? .null,
            ],
            "cose": .string(item.bytes.base64),
            "batch": [
                "hub": .string(batch.hubID.text), "epoch": .string(batch.epoch.hex),
                "sequence": .integer(batch.sequence), "hash": .string(signed.hash.hex),
                "previous_hash": .string(batch.previousHash.hex), "merkle_root": .string(batch.merkleRoot.hash.hex),
                "leaf_count": .integer(batch.merkleRoot.leafCount), "cose": .string(place.bytes.base64),
            ],
            "inclusion": [
                "leaf_index": .integer(Int64(leafIndex)), "path": .array(path.map { .string($0.hex) }),
            ],
            "receipt": [
                "status": .string(place.status), "received_ms": .integer(place.receivedMilliseconds),
                "cose": .string(place.receipt.base64),
            ],
        ]
    }

    /// Lost sequences, with how many of them have arrived after all.
    package func gaps(_ filter: LedgerFilter) throws(LedgerFailure) -> [JSONValue] {
        try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.rows(
                """
                SELECT g.serial, g.first, g.last, g.reason, g.named_by, g.hub, g.noticed_ms, g.detail, (
                    SELECT count(DISTINCT sequence) FROM records
                    WHERE serial = g.serial AND sequence BETWEEN g.first AND g.last
                ) FROM gaps g JOIN batches b ON b.id = g.batch
                WHERE (?1 IS NULL OR g.serial = ?1) AND (?2 IS NULL OR g.hub = ?2) AND b.received_ms >= ?3
                ORDER BY g.id LIMIT ?4
                """, .text(filter.serial), .text(filter.hub), .integer(filter.sinceMilliseconds), .integer(filter.limit)
            ) { (row) throws(SQLiteFailure) -> JSONValue in
                let missing = row.integer(2) - row.integer(1) + 1 - row.integer(8)
                return [
                    "serial": .string(row.text(0)), "first": .integer(row.integer(1)), "last": .integer(row.integer(2)),
                    "reason": .string(row.text(3)), "named_by": .string(row.text(4)), "hub": .string(row.text(5)),
                    "noticed_ms": .integer(row.integer(6)), "detail": .string(row.text(7)),
                    "missing": .integer(missing),
                ]
            }
        }
    }

    /// A hub's own log when the filter names a hub, otherwise the log of who read what here.
    package func audit(_ filter: LedgerFilter) throws(LedgerFailure) -> [JSONValue] {
        guard let hub = filter.hub else { return try accesses(filter) }
        return try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.rows(
                """
                SELECT a.epoch, a.sequence, a.type, a.component, a.subject, a.outcome, a.detail, a.wall_ms, a.hash
                FROM hub_audit a JOIN epochs e ON e.hub = a.hub AND e.epoch = a.epoch
                WHERE a.hub = ? AND a.wall_ms >= ? ORDER BY e.id, a.sequence LIMIT ?
                """, .text(hub), .integer(filter.sinceMilliseconds), .integer(filter.limit)
            ) { (row) throws(SQLiteFailure) -> JSONValue in
                [
                    "epoch": .string(row.blob(0).hex), "sequence": .integer(row.integer(1)),
                    "type": .string(row.text(2)), "component": .string(row.text(3)), "subject": .string(row.text(4)),
                    "outcome": .string(row.text(5)), "detail": .string(row.text(6)),
                    "wall_ms": .integer(row.integer(7)),
                    "hash": .string(row.blob(8).hex),
                ]
            }
        }
    }

    package func alarms(_ filter: LedgerFilter) throws(LedgerFailure) -> [JSONValue] {
        try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.rows(
                """
                SELECT hub, kind, detail, first_ms, last_ms, count FROM alarms
                WHERE (?1 IS NULL OR hub = ?1) AND last_ms >= ?2 ORDER BY id LIMIT ?3
                """, .text(filter.hub), .integer(filter.sinceMilliseconds), .integer(filter.limit)
            ) { (row) throws(SQLiteFailure) -> JSONValue in
                [
                    "hub": .string(row.text(0)), "kind": .string(row.text(1)), "detail": .string(row.text(2)),
                    "first_ms": .integer(row.integer(3)), "last_ms": .integer(row.integer(4)),
                    "count": .integer(row.integer(5)),
                ]
            }
        }
    }

    // MARK: Rows

    private static let deviceColumns = """
        SELECT serial, hub, first_ms, last_ms, last_sequence,
            (SELECT count(*) FROM records WHERE records.serial = devices.serial) FROM devices
        """

    private static func deviceJSON(_ row: SQLiteRow) throws(SQLiteFailure) -> JSONValue {
        [
            "serial": .string(row.text(0)), "hub": .string(row.text(1)), "first_ms": .integer(row.integer(2)),
            "last_ms": .integer(row.integer(3)), "last_sequence": .integer(row.integer(4)),
            "records": .integer(row.integer(5)),
        ]
    }

    /// The first eight columns of a query of records.
    private static func recordJSON(_ row: SQLiteRow, results: String) -> JSONValue {
        let kind = UInt8(exactly: row.integer(3)).flatMap(RecordKind.init(rawValue:))
        return [
            "record_id": .string(row.blob(0).hex), "serial": .string(row.text(1)), "sequence": .integer(row.integer(2)),
            "kind": .string(kind?.name), "hub": .string(row.text(4)), "trust": .string(row.text(5)),
            "subject": .string(row.optionalText(6)), "arrived_ms": .integer(row.integer(7)),
            // We wrote this JSON ourselves; if it cannot be read, the reader sees that and not a made-up empty list.
            "results": (try? JSONValue.parse(results)) ?? .null,
        ]
    }

    /// Where a record is.
    private struct Place {
        var summary: JSONValue
        var hub: String
        var sequence: Int64
        var item: Int
        var status: String
        var receivedMilliseconds: Int64
        var bytes: [UInt8]
        var receipt: [UInt8]
    }

    private func place(of id: SHA256Hash) throws(SQLiteFailure) -> Place? {
        try database.row(
            """
            SELECT r.record_id, r.serial, r.sequence, r.kind, r.hub, r.trust, r.subject, r.arrived_ms, (
                SELECT json_group_array(json(o.json)) FROM result_inputs i JOIN results o USING (result_id)
                WHERE i.record_id = r.record_id
            ), b.sequence, r.item, b.status, b.received_ms, b.bytes, b.receipt
            FROM records r JOIN batches b ON b.id = r.batch WHERE r.record_id = ?
            """, .blob(id.bytes)
        ) { (row) throws(SQLiteFailure) in
            let status = UInt8(exactly: row.integer(11)).flatMap(ReceiptStatus.init(rawValue:))
            return Place(
                summary: Self.recordJSON(row, results: row.text(8)), hub: row.text(4), sequence: row.integer(9),
                item: Int(row.integer(10)), status: status?.name ?? "unknown", receivedMilliseconds: row.integer(12),
                bytes: row.blob(13), receipt: row.blob(14))
        }
    }
}

extension [UInt8] {
    fileprivate var base64: String { Data(self).base64EncodedString() }

    var hex: String { Hexadecimal.text(of: self) }
}
