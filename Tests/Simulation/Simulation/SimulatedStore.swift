import CORProtocol
import HubCore

/// The hub's disk: what HubStore promises, in memory. A write is whole or not at all, and durable when it returns.
///
/// The rules are HubCore's; this holds values only. Its content is a value, so that a disk can be imaged and restored.
final class SimulatedStore: IntakeTransaction {
    enum Value {
        case record(RecordItem)
        case gap(Gap)
        case result(AnalysisResult)
        case audit(AuditEntry)

        var isRecord: Bool {
            if case .record = self { true } else { false }
        }
    }

    struct Item {
        var value: Value
        /// Index of the batch that holds it.
        var batch: Int?
        /// Its bytes are gone, and it is pending no more.
        var gaveWay = false
        /// Its bytes are gone behind a receipt.
        var isPruned = false
    }

    struct StoredBatch {
        var row: OutstandingBatch
        var previousHash: SHA256Hash
        var items: [Int]
        var receipt: ReceiptStatus?
        /// The upstream's time in it.
        var receiptMilliseconds: Int64 = 0
        var isPruned = false
    }

    struct Content {
        var items: [Item] = []
        var batches: [StoredBatch] = []
        /// Items in no batch, ascending: entries, then records and gaps.
        var pendingEntries: [Int] = []
        var pendingRecords: [Int] = []
        var urgent: [Int] = []
        var epoch: Epoch
        var auditHead = AuditHead(sequence: 0, hash: .zero)
        var records: [SHA256Hash: Int] = [:]
        var positions: [DeviceSerial: [UInt64: SHA256Hash]] = [:]
        var newest: [DeviceSerial: UInt64] = [:]
        var cartridges: [String: SHA256Hash] = [:]
        var attested: Set<DeviceSerial> = []
        var budget: [UInt8] = []
        var newestReceiptMilliseconds: Int64?
        /// Of items and kept batches, in bytes.
        var usedLength = 0
    }

    var content: Content

    var usedLength: Int { content.usedLength }
    /// Set by the world, whose disk it is.
    var usageNow: () -> StorageUsage = { StorageUsage(usedLength: 0, availableLength: 8 << 30) }
    /// Broken on purpose.
    var forgetsOverwritten = false

    /// Runs that gave way, over all lives.
    private(set) var overwrittenCount = 0

    init(epoch: Epoch) {
        content = Content(epoch: epoch)
    }

    // MARK: - Intake

    func isCartridgeUsed(_ cartridge: String, besides id: SHA256Hash) -> Bool {
        content.cartridges[cartridge].map { $0 != id } ?? false
    }

    func insert(record: RecordItem, kind: RecordKind, cartridge: String?) -> RecordInsertion {
        if content.records[record.recordID] != nil { return .duplicate }
        if let existing = content.positions[record.serial]?[record.sequence] { return .conflict(existing: existing) }
        content.records[record.recordID] = content.items.count
        content.positions[record.serial, default: [:]][record.sequence] = record.recordID
        note(record.serial, record.sequence)
        if let cartridge, content.cartridges[cartridge] == nil { content.cartridges[cartridge] = record.recordID }
        append(.record(record))
        return .stored
    }

    func insert(result: AnalysisResult) -> Bool {
        append(.result(result))
        return true
    }

    func usage() -> StorageUsage { usageNow() }

    var pendingRecordsLength: Int {
        content.pendingRecords.reduce(0) { $0 + length(of: content.items[$1].value) }
    }

    func overwriteOldestRuns(lengthMin: Int) -> [OverwrittenRun] {
        var runs: [OverwrittenRun] = []
        var freed = 0
        while freed < lengthMin, runs.count < RecordIntake.overwritingCountMax,
            let place = content.pendingRecords.firstIndex(where: { content.items[$0].value.isRecord })
        {
            let index = content.pendingRecords.remove(at: place)
            guard case .record(let record) = content.items[index].value else { break }
            content.items[index].gaveWay = true
            freed += length(of: content.items[index].value)
            content.usedLength -= length(of: content.items[index].value)
            overwrittenCount += 1
            runs.append(OverwrittenRun(serial: record.serial, sequence: record.sequence))
        }
        return runs
    }

    func insert(gap: Gap) {
        note(gap.serial, gap.last)
        append(.gap(gap))
    }

    func quarantine(serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], reason: String, time: TimeBlock) {
        note(serial, sequence)
    }

    func appendAudit(
        type: AuditType, actor: AuditActor, subject: String, outcome: String, time: TimeBlock, detail: String
    ) -> AuditEntry {
        let entry = AuditEntry.sealing(
            sequence: content.auditHead.sequence + 1, previousHash: content.auditHead.hash, type: type, actor: actor,
            subject: subject, outcome: outcome, time: time, detail: detail)
        content.auditHead = AuditHead(sequence: entry.sequence, hash: entry.hash)
        append(.audit(entry))
        return entry
    }

    private func note(_ serial: DeviceSerial, _ sequence: UInt64) {
        content.newest[serial] = max(content.newest[serial] ?? 0, sequence)
    }

    private func append(_ value: Value) {
        let isEntry =
            switch value {
            case .record, .gap: false
            case .result, .audit: true
            }
        if isEntry {
            content.pendingEntries.append(content.items.count)
        } else {
            content.pendingRecords.append(content.items.count)
        }
        content.items.append(Item(value: value))
        content.usedLength += length(of: value)
    }

    // MARK: - Batches

    /// As HubStore's `pendingItems`; item numbers are one more than indices.
    func pendingItems(lengthMax: Int, countMax: Int) -> PendingItems {
        var pending = PendingItems()
        for index in content.pendingEntries + content.pendingRecords {
            let length = length(of: content.items[index].value)
            guard pending.count < countMax, pending.isEmpty || pending.length + length <= lengthMax else {
                pending.hasMore = true
                break
            }
            pending.length += length
            let item = UInt64(index) + 1
            switch content.items[index].value {
            case .record(let value): pending.records.append(.init(item: item, value: value))
            case .gap(let value): pending.gaps.append(.init(item: item, value: value))
            case .result(let value): pending.results.append(.init(item: item, value: value))
            case .audit(let value): pending.audit.append(.init(item: item, value: value))
            }
        }
        return pending
    }

    /// Fewer at a time than HubStore, so that there are more.
    func gapsToNameFirst() -> [PendingItems.Numbered<Gap>] {
        content.urgent.prefix(Self.urgentCountMax).compactMap { index in
            guard case .gap(let gap) = content.items[index].value else { return nil }
            return .init(item: UInt64(index) + 1, value: gap)
        }
    }

    var hasMoreToNameFirst: Bool { content.urgent.count > Self.urgentCountMax }

    private static let urgentCountMax = 8

    var batchHead: BatchHead? {
        content.batches.last.map { BatchHead(position: $0.row.position, hash: $0.row.hash) }
    }

    var oldestOutstanding: OutstandingBatch? {
        content.batches.first { $0.receipt == nil && $0.row.position.epoch == content.epoch }?.row
    }

    func batch(_ position: BatchPosition) -> OutstandingBatch? {
        content.batches.first { $0.row.position == position && !$0.isPruned }?.row
    }

    func insert(_ batch: OutstandingBatch, previousHash: SHA256Hash, covering items: PendingItems) {
        let indices = items.itemsInLeafOrder.map { Int($0) - 1 }
        for index in indices {
            precondition(content.items[index].batch == nil, "an item goes into two batches")
            content.items[index].batch = content.batches.count
        }
        let taken = Set(indices)
        content.pendingEntries.removeAll { taken.contains($0) }
        content.pendingRecords.removeAll { taken.contains($0) }
        content.urgent.removeAll { taken.contains($0) }
        content.usedLength += batch.bytes.count
        content.batches.append(StoredBatch(row: batch, previousHash: previousHash, items: indices))
    }

    /// - Returns: whether it was the first answer to this batch.
    func insert(_ receipt: Receipt) -> Bool {
        let position = BatchPosition(epoch: receipt.epoch, sequence: receipt.sequence)
        guard let index = content.batches.firstIndex(where: { $0.row.position == position }) else {
            preconditionFailure("a receipt for no batch of ours")
        }
        content.newestReceiptMilliseconds = receipt.upstreamMilliseconds
        guard content.batches[index].receipt == nil else { return false }
        content.batches[index].receipt = receipt.status
        content.batches[index].receiptMilliseconds = receipt.upstreamMilliseconds
        return true
    }

    /// Lets go of the bytes of batches whose accepting receipt is older.
    ///
    /// - Returns: the upstream's times in the receipts of those that went.
    func pruneBatches(before milliseconds: Int64) -> [Int64] {
        var gone: [Int64] = []
        pruneItems(before: milliseconds)
        for index in content.batches.indices where !content.batches[index].isPruned {
            let batch = content.batches[index]
            guard batch.receipt == .accepted || batch.receipt == .acceptedWithGaps,
                batch.receiptMilliseconds < milliseconds
            else { continue }
            content.batches[index].isPruned = true
            content.usedLength -= batch.row.bytes.count
            gone.append(batch.receiptMilliseconds)
        }
        return gone
    }

    /// Content that an accepting receipt covers.
    private func pruneItems(before milliseconds: Int64) {
        for index in content.batches.indices where !content.batches[index].isPruned {
            let batch = content.batches[index]
            guard batch.receipt == .accepted || batch.receipt == .acceptedWithGaps,
                batch.receiptMilliseconds < milliseconds
            else { continue }
            for item in batch.items where !content.items[item].isPruned && content.items[item].batch == index {
                content.items[item].isPruned = true
                content.usedLength -= length(of: content.items[item].value)
            }
        }
    }

    func nameFirst(_ gaps: [Gap]) {
        for gap in gaps where !(forgetsOverwritten && gap.reason == .overwritten) {
            insert(gap: gap)
            content.urgent.append(content.items.count - 1)
        }
    }

    func requeueUnreceipted() {
        for index in content.batches.indices where content.batches[index].receipt == nil { requeue(index) }
    }

    /// - Returns: whether there was anything.
    func requeueRejected() -> Bool {
        var count = 0
        for index in content.batches.indices where content.batches[index].receipt == .rejected {
            count += requeue(index)
        }
        return count > 0
    }

    func requeue(_ loss: UpstreamLoss) {
        for index in content.batches.indices {
            let position = content.batches[index].row.position
            let isLost =
                switch loss {
                case .from(let first): position.epoch == first.epoch && position.sequence >= first.sequence
                case .before(let epoch): position.epoch != epoch
                case .everything: true
                }
            if isLost { requeue(index) }
        }
    }

    /// Batches behind this one that were never sent.
    func withdrawBatches(behind position: BatchPosition, requeueing: Bool) {
        while let last = content.batches.last, last.receipt == nil, last.row.position.epoch == position.epoch,
            last.row.position.sequence > position.sequence
        {
            if requeueing { requeue(content.batches.count - 1) }
            content.usedLength -= last.row.bytes.count
            content.batches.removeLast()
        }
    }

    /// - Returns: how many items it still held.
    @discardableResult
    private func requeue(_ batch: Int) -> Int {
        let items = content.batches[batch].items.filter { content.items[$0].batch == batch }
        for index in items {
            content.items[index].batch = nil
            switch content.items[index].value {
            case .record: content.pendingRecords.append(index)
            case .gap(let gap):
                content.pendingRecords.append(index)
                if gap.reason.goesFirst, !content.urgent.contains(index) { content.urgent.append(index) }
            case .result, .audit: content.pendingEntries.append(index)
            }
        }
        content.pendingRecords.sort()
        content.pendingEntries.sort()
        return items.count
    }

    private func length(of value: Value) -> Int {
        switch value {
        case .record(let record): record.bytes.count + 256
        case .gap: 160
        case .result: 420
        case .audit(let entry): 260 + entry.detail.utf8.count + entry.subject.utf8.count
        }
    }
}
