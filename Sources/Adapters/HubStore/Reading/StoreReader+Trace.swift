package import CORProtocol
package import HubCore

extension StoreReader {
    /// The whole way of a record, nil where no record has this id.
    package func trace(_ id: SHA256Hash) throws(StoreFault) -> RecordTrace? {
        guard let record = try record(id: id) else { return nil }
        var results: [RecordTrace.Result] = []
        for (item, result) in try resultItems(ofRecord: id) {
            results.append(RecordTrace.Result(item: item, result: result, passage: try passage(of: item, in: .result)))
        }
        return RecordTrace(
            record: record, passage: try passage(of: record.summary.item, in: .record), results: results,
            quarantined: try quarantined(serial: record.summary.serial, sequence: record.summary.sequence))
    }

    private func passage(of item: UInt64, in section: ItemSection) throws(StoreFault) -> RecordTrace.Passage? {
        guard let item = try itemRow(item, in: section), !item.isSetAside, let number = item.batch, let leaf = item.leaf
        else { return nil }
        return RecordTrace.Passage(
            batch: try batchSummary(number: number), leafIndex: leaf, receipt: try receipt(batchNumber: number))
    }
}
