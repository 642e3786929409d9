import CBORCoding
package import CORProtocol
package import HubCore

extension StoreTransaction {
    /// Stores a signed batch and takes its items out of what is pending.
    ///
    /// - Parameters:
    ///   - items: What the batch carries, as `pendingItems` returned it.
    /// - Throws: `refused` when the batch does not continue the newest one, or an item is not pending.
    package func insertBatch(_ batch: SignedBatchRow, covering items: PendingItems) throws(StoreFault) {
        try checkContinues(batch)
        guard let bytes = batch.bytes else { throw .refused(.constraint) }
        let number = try nextKey(of: .batches)
        try insert(
            .batches,
            [
                number, .blob(batch.position.epoch.bytes), try .unsigned(batch.position.sequence), .hash(batch.hash),
                .hash(batch.previousHash), .time(batch.cut), .integer(batch.cut.wallMilliseconds),
                .integer(Int64(items.count)), .integer(0),
            ], payload: bytes)
        for (leaf, item) in items.itemsInLeafOrder.enumerated() {
            guard let row = try row(.items, "WHERE item = ? AND batch IS NULL", [.unsigned(item)]) else {
                throw .refused(.itemNotPending(item: item))
            }
            try update(row, ["batch": number, "leaf": .integer(Int64(leaf))])
        }
    }

    /// Stores what the upstream answered to a batch. The caller has verified the receipt's signature.
    ///
    /// - Parameters:
    ///   - bytes: The signed receipt as it came.
    package func insert(receipt: Receipt, bytes: [UInt8]) throws(StoreFault) -> ReceiptInsertion {
        let position = BatchPosition(epoch: receipt.epoch, sequence: receipt.sequence)
        guard let row = try batchRow(position, withPayload: false) else { throw .refused(.noSuchBatch(position)) }
        let batch = try batchSummary(row)
        guard batch.hash == receipt.batchHash else {
            throw .refused(.batchHashDiffers(stored: batch.hash, named: receipt.batchHash))
        }
        if let existing = try self.receipt(batchNumber: batch.number) {
            return existing.receipt == receipt ? .duplicate : .conflict
        }
        let status = SQLiteValue.integer(Int64(receipt.status.rawValue))
        try insert(.receipts, [try .unsigned(batch.number), status, .blob(receipt.encoded())], payload: bytes)
        try update(row, ["receipt": status])
        return .stored
    }

    private func checkContinues(_ batch: SignedBatchRow) throws(StoreFault) {
        var expected: (sequence: UInt64, previousHash: SHA256Hash) = (1, .zero)
        if let head = try batchHead(), head.position.epoch == batch.position.epoch {
            expected = (head.position.sequence + 1, head.hash)
        }
        guard batch.position.sequence == expected.sequence else {
            throw .refused(.batchNotNext(expected: expected.sequence, found: batch.position.sequence))
        }
        guard batch.previousHash == expected.previousHash else {
            throw .refused(.previousHashDiffers(expected: expected.previousHash, found: batch.previousHash))
        }
    }
}
