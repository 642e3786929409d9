package import CORProtocol
package import HubCore

extension StoreTransaction {
    /// Takes items out of what is pending whose content was found damaged, and names the loss: each in the audit chain, a
    /// record by a gap as well where its device sequence can still be told. Row and bytes stay as they are; of a record
    /// the bytes are kept in the quarantine too.
    package func setAside(_ damaged: [DamagedItem], time: TimeBlock) throws(StoreFault) {
        var gaps: [Gap] = []
        for item in damaged {
            guard let section = try sectionByNumber(item.item) else { throw .refused(.itemNotPending(item: item.item)) }
            try moveAside(item.item, in: section)
            var subject = "item \(item.item)"
            if section == .record, let lost = try lostRecord(item.item) {
                try quarantine(
                    serial: lost.serial, sequence: lost.sequence, bytes: lost.bytes, reason: "damaged-in-storage",
                    time: time)
                gaps.append(
                    Gap(
                        serial: lost.serial, first: lost.sequence, last: lost.sequence, reason: .lost, noticed: time,
                        detail: "damaged in storage"))
                subject = lost.serial.text
            }
            try appendAudit(
                type: .storageFault, actor: AuditActor(component: "store"), subject: subject, outcome: "failed",
                time: time, detail: "item \(item.item) set aside: \(item.damage)".clipped(toLength: 1_024))
        }
        try nameFirst(gaps)
        let pending = try pendingTallies()
        state.pendingRecords = pending.records
        state.pendingEntries = pending.entries
    }

    /// The content where the payload can still be opened, else the payload as it lies there.
    private func openedPayload(of columns: [SQLiteValue], in table: StoredTable) -> [UInt8] {
        guard case .blob(let stored)? = columns.last else { return [] }
        guard case .blob(let bytes) = columns[table.columns.count - 2], let hash = SHA256Hash(bytes: bytes) else {
            return stored
        }
        // What was damaged before it was sealed opens, and is not what the row names.
        return seal.open(stored, hash: hash, in: table) ?? stored
    }

    private func sectionByNumber(_ item: UInt64) throws(StoreFault) -> ItemSection? {
        for section in ItemSection.allCases {
            let sql = "SELECT 1 FROM \(section.table.name) WHERE item = ?"
            if try connection.integer(sql, [.unsigned(item)]) == 1 { return section }
        }
        return nil
    }

    func moveAside(_ item: UInt64, in section: ItemSection) throws(StoreFault) {
        if let row = try row(.items, "WHERE item = ?", [.unsigned(item)]) {
            guard try ItemRow(row).batch == nil else { throw .refused(.itemNotPending(item: item)) }
            try update(row, ["batch": ItemRow.setAside])
        } else {
            // It was pending, and whoever read it as that must not put it into a batch any more.
            connection.itemRewriteCount += 1
            try insert(
                .items,
                [
                    .unsigned(item), .integer(section.rawValue), .integer(section.lane.rawValue), .integer(0),
                    ItemRow.setAside, .null,
                ])
        }
    }

    /// Whose record it was, by the row where its hash holds, else by the record's own bytes.
    private func lostRecord(
        _ item: UInt64
    ) throws(StoreFault) -> (serial: DeviceSerial, sequence: UInt64, bytes: [UInt8])? {
        let sql = StoredTable.records.selectWithPayloadSQL + " WHERE item = ?"
        guard let columns = try connection.rows(sql, [.unsigned(item)]).first else { return nil }
        let bytes = openedPayload(of: columns, in: .records)
        do throws(StoreFault) {
            let row = try StoredRow(.records, columns: Array(columns.dropLast()))
            let record = try summary(of: row, forwarding: .setAside)
            return (record.serial, record.sequence, bytes)
        } catch {
            do {
                let payload = try SignedRecord(decoding: bytes).payload
                return (payload.serial, payload.sequence, bytes)
            } catch {
                return nil
            }
        }
    }
}
