import CORProtocol
package import HubCore

extension StoreReader {
    /// The newest batch that was cut.
    package func batchHead() throws(StoreFault) -> BatchHead? {
        guard let row = try row(.batches, "ORDER BY batch DESC") else { return nil }
        let batch = try batchSummary(row)
        return BatchHead(position: batch.position, hash: batch.hash)
    }

    /// The batch that is to be sent next.
    package func oldestUnreceiptedBatch() throws(StoreFault) -> SignedBatchRow? {
        guard let row = try row(.batches, "WHERE receipt = 0 ORDER BY batch", withPayload: true) else { return nil }
        return try signedBatch(row)
    }

    package func batch(_ position: BatchPosition) throws(StoreFault) -> SignedBatchRow? {
        guard let row = try batchRow(position, withPayload: true) else { return nil }
        return try signedBatch(row)
    }

    package func batchSummary(_ position: BatchPosition) throws(StoreFault) -> BatchSummary? {
        guard let row = try batchRow(position, withPayload: false) else { return nil }
        return try batchSummary(row)
    }

    /// Batches behind a number of the store, oldest first.
    package func batches(after number: UInt64 = 0, countMax: Int = 100) throws(StoreFault) -> [BatchSummary] {
        var batches: [BatchSummary] = []
        for row in try rows(
            .batches, "WHERE batch > ? ORDER BY batch LIMIT ?", [.unsigned(number), .integer(Int64(countMax))])
        {
            batches.append(try batchSummary(row))
        }
        return batches
    }

    package func receipt(_ position: BatchPosition) throws(StoreFault) -> StoredReceipt? {
        guard let batch = try batchSummary(position) else { return nil }
        return try receipt(batchNumber: batch.number)
    }

    func receipt(batchNumber: UInt64) throws(StoreFault) -> StoredReceipt? {
        guard var row = try row(.receipts, "WHERE batch = ?", [.unsigned(batchNumber)], withPayload: true) else {
            return nil
        }
        row.skip(2)
        guard let bytes = row.payload else { throw row.shapeDamage }
        return StoredReceipt(receipt: try row.shape(Receipt.self), bytes: bytes)
    }

    func batchSummary(number: UInt64) throws(StoreFault) -> BatchSummary {
        guard let row = try row(.batches, "WHERE batch = ?", [.unsigned(number)]) else {
            throw .damaged(.contentMissing(table: StoredTable.batches.name, item: number))
        }
        return try batchSummary(row)
    }

    func batchRow(_ position: BatchPosition, withPayload: Bool) throws(StoreFault) -> StoredRow? {
        try row(
            .batches, "WHERE epoch = ? AND sequence = ?",
            [.blob(position.epoch.bytes), .unsigned(position.sequence)], withPayload: withPayload)
    }

    func batchSummary(_ row: StoredRow) throws(StoreFault) -> BatchSummary {
        var row = row
        let number = try row.unsigned()
        let epoch = try row.value(try row.blob(), Epoch.init(bytes:))
        let position = BatchPosition(epoch: epoch, sequence: try row.unsigned())
        let hash = try row.hash()
        let previousHash = try row.hash()
        let cut = try row.shape(TimeBlock.self)
        row.skip()
        let itemCount = try row.value(try row.integer(), Int.init(exactly:))
        let receipt = try row.integer()
        return BatchSummary(
            number: number, position: position, hash: hash, previousHash: previousHash, cut: cut,
            itemCount: itemCount, length: try row.payloadLength, bytesState: try row.bytesState,
            receipt: receipt == 0
                ? nil : try row.value(receipt) { UInt8(exactly: $0).flatMap(ReceiptStatus.init(rawValue:)) })
    }

    private func signedBatch(_ row: StoredRow) throws(StoreFault) -> SignedBatchRow {
        let summary = try batchSummary(row)
        return SignedBatchRow(
            position: summary.position, hash: summary.hash, previousHash: summary.previousHash, bytes: row.payload,
            cut: summary.cut)
    }
}
