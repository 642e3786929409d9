package import CORProtocol
package import HubCore

extension StoreReader {
    /// What was made of a record, oldest first. A result whose content was pruned is left out.
    package func results(ofRecord id: SHA256Hash) throws(StoreFault) -> [AnalysisResult] {
        try resultItems(ofRecord: id).map(\.result)
    }

    func resultItems(ofRecord id: SHA256Hash) throws(StoreFault) -> [(item: UInt64, result: AnalysisResult)] {
        var results: [(item: UInt64, result: AnalysisResult)] = []
        for input in try rows(.resultInputs, "WHERE record_id = ? ORDER BY item", [.hash(id)]) {
            var input = input
            input.skip(2)
            let item = try input.unsigned()
            let row = try content(of: .results, item: item)
            if try row.bytesState == .present {
                results.append((item, try row.payloadShape(AnalysisResult.self)))
            }
        }
        return results
    }

    /// The end of the audit chain.
    package func auditHead() throws(StoreFault) -> AuditHead {
        guard var row = try row(.audit, "ORDER BY sequence DESC") else {
            return AuditHead(sequence: 0, hash: .zero)
        }
        row.skip(2)
        let sequence = try row.unsigned()
        row.skip()
        return AuditHead(sequence: sequence, hash: try row.hash())
    }

    /// Audit entries from a sequence on, oldest first. Entries whose content was pruned are left out.
    package func audit(from sequence: UInt64, countMax: Int) throws(StoreFault) -> [AuditEntry] {
        var entries: [AuditEntry] = []
        for row in try rows(
            .audit, "WHERE sequence >= ? AND payload_state = 1 ORDER BY sequence LIMIT ?",
            [.unsigned(sequence), .integer(Int64(countMax))], withPayload: true)
        {
            entries.append(try row.payloadShape(AuditEntry.self))
        }
        return entries
    }

    /// Gaps of a device, oldest first.
    package func gaps(of serial: DeviceSerial, countMax: Int = 1_000) throws(StoreFault) -> [Gap] {
        var gaps: [Gap] = []
        for row in try rows(
            .gaps, "WHERE serial = ? AND payload_state = 1 ORDER BY item LIMIT ?",
            [.text(serial.text), .integer(Int64(countMax))], withPayload: true)
        {
            gaps.append(try row.payloadShape(Gap.self))
        }
        return gaps
    }
}
