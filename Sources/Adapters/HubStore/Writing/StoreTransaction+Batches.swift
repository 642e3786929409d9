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
        guard let bytes = batch.bytes else { throw .refused(.constraint) }
        try insertBatch(batch, content: sealed(bytes, in: .batches), covering: items)
    }

    /// The same for bytes that were sealed by whoever cut the batch.
    package func insertBatch(_ batch: SealedBatch, covering items: PendingItems) throws(StoreFault) {
        try insertBatch(batch.row, content: batch.content, covering: items)
    }

    private func insertBatch(
        _ batch: SignedBatchRow, content: StoredContent, covering items: PendingItems
    ) throws(StoreFault) {
        try checkContinues(batch)
        let number = try nextKey(of: .batches)
        try insert(
            .batches,
            [
                number, .blob(batch.position.epoch.bytes), try .unsigned(batch.position.sequence), .hash(batch.hash),
                .hash(batch.previousHash), .time(batch.cut), .integer(batch.cut.wallMilliseconds),
                .integer(Int64(items.count)), .integer(0), .bool(!items.records.isEmpty),
                .bool(items.count > items.records.count + items.audit.count), .bool(!items.audit.isEmpty),
            ], content: content)
        var leaves: [UInt64: Int64] = [:]
        for section in ItemSection.allCases {
            for item in items.numbers(in: section) {
                guard leaves.updateValue(Int64(leaves.count), forKey: item) == nil else {
                    throw .refused(.itemNotPending(item: item))
                }
            }
        }
        for lane in ItemSection.Lane.allCases {
            let numbers = lane.sections.flatMap { items.numbers(in: $0) }
            let cursor = state.cursor(of: lane)
            for item in numbers where item <= cursor {
                try takeBack(item, into: number, leaf: leaves[item].map { .integer($0) } ?? .null)
            }
            try offer(lane, upTo: numbers.max() ?? 0, to: number, leaves: leaves)
            for item in numbers where item > state.cursor(of: lane) { throw .refused(.itemNotPending(item: item)) }
        }
    }

    /// Puts an item into the batch that was offered to an earlier one and is pending all the same.
    private func takeBack(_ item: UInt64, into batch: SQLiteValue, leaf: SQLiteValue) throws(StoreFault) {
        guard let row = try row(.items, "WHERE item = ? AND batch IS NULL", [.unsigned(item)]) else {
            throw .refused(.itemNotPending(item: item))
        }
        let offered = try ItemRow(row)
        try update(row, ["batch": batch, "leaf": leaf])
        state.notePending(offered.section, length: offered.length) { $0.remove($1) }
    }

    /// Moves the lane's cursor up to `last`. What the batch leaves out on the way goes on waiting, with a row of its own.
    private func offer(
        _ lane: ItemSection.Lane, upTo last: UInt64, to batch: SQLiteValue, leaves: [UInt64: Int64]
    ) throws(StoreFault) {
        var page: [OfferedItem]
        repeat {
            page = try itemsBeyondCursor(of: lane, countMax: Self.offerPageCount).filter { $0.item <= last }
            for next in page {
                let leaf = leaves[next.item]
                try insert(
                    .items,
                    [
                        try .unsigned(next.item), .integer(next.section.rawValue), .integer(lane.rawValue),
                        .integer(Int64(next.length)), leaf == nil ? .null : batch, leaf.map { .integer($0) } ?? .null,
                    ])
                if leaf != nil { state.notePending(next.section, length: next.length) { $0.remove($1) } }
                state.moveCursor(of: lane, to: next.item)
            }
        } while !page.isEmpty
    }

    private static var offerPageCount: Int { 256 }

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
        try insert(
            .receipts, [try .unsigned(batch.number), status, .blob(receipt.encoded())],
            content: sealed(bytes, in: .receipts))
        // What is kept behind a receipt is kept from the receipt on, by the time that the upstream signed: the wall clock may
        // have stood anywhere when the batch was cut.
        try update(row, ["receipt": status, "cut_ms": .integer(receipt.upstreamMilliseconds)])
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

extension PendingItems {
    fileprivate func numbers(in section: ItemSection) -> [UInt64] {
        switch section {
        case .record: records.map(\.item)
        case .gap: gaps.map(\.item)
        case .result: results.map(\.item)
        case .firmwareEvent: firmwareEvents.map(\.item)
        case .deviceEvent: deviceEvents.map(\.item)
        case .audit: audit.map(\.item)
        }
    }
}
