extension StoredTable {
    /// One row: what the store as a whole is at.
    static let state = StoredTable(
        "state",
        [
            "key", "commit_sequence", "item_head", "checkpoint_item", "entry_cursor", "record_cursor", "indexed_item",
            "pending_records", "pending_records_length", "pending_entries", "pending_entries_length", "records",
            "records_length", "quarantined", "quarantined_length",
        ])

    /// Items that were offered to a batch: the batch that each is in, or none where it waits for another. An item
    /// without a row is behind its lane's cursor in `state`, and pending. `item` is also the key of its content.
    static let items = StoredTable("items", ["item", "section", "lane", "length", "batch", "leaf"])

    static let records = StoredTable(
        "records",
        [
            "item", "commit_sequence", "record_id", "serial", "sequence", "kind", "cartridge", "received",
            "received_ms", "link", "trust",
            "subject", "backfilled", "clock_offset_ms",
        ], hasPayload: true)
    static let gaps = StoredTable(
        "gaps", ["item", "commit_sequence", "serial", "first", "last", "made_ms"], hasPayload: true)
    static let results = StoredTable("results", ["item", "commit_sequence", "result_id", "made_ms"], hasPayload: true)
    static let resultInputs = StoredTable("result_inputs", ["input", "record_id", "item"])
    static let firmwareEvents = StoredTable(
        "firmware_events", ["item", "commit_sequence", "serial", "made_ms"], hasPayload: true)
    static let deviceEvents = StoredTable(
        "device_events", ["item", "commit_sequence", "serial", "made_ms"], hasPayload: true)
    static let audit = StoredTable(
        "audit", ["item", "commit_sequence", "sequence", "previous_hash", "entry_hash", "made_ms"], hasPayload: true)

    static let quarantine = StoredTable(
        "quarantine", ["number", "serial", "sequence", "reason", "noticed", "noticed_ms"], hasPayload: true)
    static let batches = StoredTable(
        "batches",
        [
            "batch", "epoch", "sequence", "hash", "previous_hash", "cut", "cut_ms", "item_count", "receipt",
            "has_records", "has_entries", "has_audit",
        ], hasPayload: true)
    static let receipts = StoredTable("receipts", ["batch", "status", "meaning"], hasPayload: true)
    static let devices = StoredTable(
        "devices",
        [
            "serial", "model", "hardware", "firmware", "trust", "certificate", "first_seen", "last_seen", "owner",
            "alias", "subject",
        ])
    static let settings = StoredTable("settings", ["key", "value"])
    /// Keys of rows that are known to be gone or set aside; of `items`, where an item's content is meant.
    static let losses = StoredTable("losses", ["number", "table_name", "first", "last"])

    /// What was asked to be erased: readings of the subject up to an item. `finished` is 0 while some of them lie in a
    /// batch that is under way.
    static let erasures = StoredTable(
        "erasures", ["number", "subject", "asked", "last_item", "records", "results", "finished"])

    static let all = [
        state, items, records, gaps, results, resultInputs, firmwareEvents, deviceEvents, audit, quarantine, batches,
        receipts, devices, settings, losses, erasures, history,
    ]
}
