import CBORCoding
package import CORProtocol
package import HubCore

extension StoreTransaction {
    package func insert(gap: Gap) throws(StoreFault) {
        try insertItem(
            .gap,
            [
                .text(gap.serial.text), try .unsigned(gap.first), try .unsigned(gap.last),
                .integer(gap.noticed.wallMilliseconds),
            ], content: gap.encoded())
    }

    /// Stores a result, once: the same id again changes nothing.
    ///
    /// - Returns: Whether it was new.
    @discardableResult
    package func insert(result: AnalysisResult) throws(StoreFault) -> Bool {
        guard try row(.results, "WHERE result_id = ?", [.hash(result.id)]) == nil else { return false }
        let item = try insertItem(
            .result, [.hash(result.id), .integer(result.made.wallMilliseconds)], content: result.encoded())
        var named: Set<SHA256Hash> = []
        for input in result.inputs where named.insert(input).inserted {
            try insert(.resultInputs, [try nextKey(of: .resultInputs), .hash(input), try .unsigned(item)])
        }
        return true
    }

    package func insert(firmwareEvent event: FirmwareEvent) throws(StoreFault) {
        try insert(.firmwareEvent, serial: event.serial, time: event.time, content: event.encoded())
    }

    package func insert(deviceEvent event: DeviceEvent) throws(StoreFault) {
        try insert(.deviceEvent, serial: event.serial, time: event.time, content: event.encoded())
    }

    /// Continues the audit chain.
    @discardableResult
    package func appendAudit(
        type: AuditType, actor: AuditActor, subject: String, outcome: String, time: TimeBlock, detail: String = ""
    ) throws(StoreFault) -> AuditEntry {
        let head = try auditHead()
        let entry = AuditEntry.sealing(
            sequence: head.sequence + 1, previousHash: head.hash, type: type, actor: actor, subject: subject,
            outcome: outcome, time: time, detail: detail)
        try insertItem(
            .audit,
            [
                try .unsigned(entry.sequence), .hash(entry.previousHash), .hash(entry.hash),
                .integer(time.wallMilliseconds),
            ], content: entry.encoded())
        return entry
    }

    private func insert(
        _ section: ItemSection, serial: DeviceSerial, time: TimeBlock, content: [UInt8]
    ) throws(StoreFault) {
        try insertItem(section, [.text(serial.text), .integer(time.wallMilliseconds)], content: content)
    }
}
