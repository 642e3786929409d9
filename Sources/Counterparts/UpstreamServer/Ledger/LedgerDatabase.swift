package import CORProtocol

/// The upstream's durable memory: every batch as it came, what is in it, and the receipts.
///
/// One connection on a thread of its own, exclusive: what was read is still true when it is acted on.
package actor LedgerDatabase {
    /// firmware-specs/cddl/common.cddl: reason-text
    private static let reasonLengthMax = 256

    private let thread = DatabaseThread()
    let database: SQLiteConnection
    private let signer: ReceiptSigner
    let clock: UpstreamClock
    private var log: ReceiptLog
    private var isFaulted = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    package init(
        folder: StateFolder, signer: ReceiptSigner, clock: @escaping UpstreamClock
    ) throws(LedgerFailure) {
        self.signer = signer
        self.clock = clock
        do throws(SQLiteFailure) {
            database = try SQLiteConnection(path: folder.ledgerPath, journal: .exclusiveLog)
            try Self.migrate(database)
            log = try Self.storedLog(database)
        } catch {
            throw .storage(error)
        }
        let stored = try Self.leafCount(database)
        guard log.size == stored else { throw .damaged("the log has \(log.size) leaves, the batches \(stored)") }
    }

    /// Gives the batch its place, or says why it has none. What is returned is on the disk.
    package func receive(
        _ envelope: BatchEnvelope, contents: BatchReceiver.Contents
    ) throws(LedgerFailure) -> BatchReceiver.Reception {
        let lane = try reading { (ledger) throws(SQLiteFailure) in try ledger.lane(of: envelope) }
        let placement = Ledger.placement(
            epoch: envelope.epoch, sequence: envelope.sequence, previousHash: envelope.previousHash,
            hash: envelope.hash, in: lane)
        switch placement {
        case .repeated(let receipt):
            return .receipt(receipt)
        case .conflict(let conflict):
            try raise(
                Alarm(kind: .init(conflict), detail: "epoch \(envelope.epoch.hex), sequence \(envelope.sequence)"),
                of: envelope.hub)
            return .conflict(conflict)
        case .next(let opensEpoch):
            let replacesEpoch = opensEpoch && lane.currentEpoch != nil
            return .receipt(try join(envelope, contents: contents, replacesEpoch: replacesEpoch))
        }
    }

    /// Notes an alarm once, and counts its repetitions.
    package func raise(_ alarm: Alarm, of hub: HubID) throws(LedgerFailure) {
        let now = clock()
        try writing { (ledger) throws(SQLiteFailure) in try ledger.insert(alarm, of: hub, at: now) }
    }

    /// Whether the ledger still takes batches.
    package var isHealthy: Bool { !isFaulted }

    private func join(
        _ envelope: BatchEnvelope, contents: BatchReceiver.Contents, replacesEpoch: Bool
    ) throws(LedgerFailure) -> [UInt8] {
        let now = clock()
        switch contents {
        case .unsound(let reason):
            return try reject(envelope, reason: reason, at: now)
        case .sound(let signed, let records):
            let history = try reading { (ledger) throws(SQLiteFailure) in
                try ledger.history(for: signed.batch, replacesEpoch: replacesEpoch)
            }
            switch Ledger.verdict(on: signed.batch, history: history) {
            case .rejected(let reason):
                return try reject(envelope, reason: reason, at: now)
            case .accepted(let acceptance):
                var log = log
                let (proof, root) = log.append(envelope.hash.bytes)
                let receipt = try signer.accepting(
                    envelope, hasGaps: acceptance.hasGaps, proof: proof, root: root, at: now)
                let entry = BatchEntry(
                    status: acceptance.hasGaps ? .acceptedWithGaps : .accepted, reason: nil,
                    logIndex: proof.leafIndex, receipt: receipt, arrivedMilliseconds: now)
                try writing { (ledger) throws(SQLiteFailure) in
                    let batch = try ledger.insert(envelope, as: entry)
                    try ledger.insertContents(
                        of: signed.batch, records: records, acceptance: acceptance, batch: batch, at: now)
                    try ledger.store(log)
                }
                self.log = log
                return receipt
            }
        }
    }

    private func reject(_ envelope: BatchEnvelope, reason: String, at now: Int64) throws(LedgerFailure) -> [UInt8] {
        let reason = reason.prefix(utf8Length: Self.reasonLengthMax)
        let receipt = try signer.rejecting(envelope, reason: reason, at: now)
        let entry = BatchEntry(
            status: .rejected, reason: reason, logIndex: nil, receipt: receipt, arrivedMilliseconds: now)
        try writing { (ledger) throws(SQLiteFailure) in
            _ = try ledger.insert(envelope, as: entry)
            try ledger.insert(
                Alarm(kind: .batchRejected, detail: "sequence \(envelope.sequence): \(reason)"), of: envelope.hub,
                at: now)
        }
        return receipt
    }

    func reading<Value>(
        _ body: (isolated LedgerDatabase) throws(SQLiteFailure) -> Value
    ) throws(LedgerFailure) -> Value {
        guard !isFaulted else { throw .faulted }
        do throws(SQLiteFailure) { return try body(self) } catch { throw .storage(error) }
    }

    /// One durable step. After a failed one this process acknowledges nothing more: a failed fsync has marked the pages
    /// clean, so that trying again would lie.
    func writing(_ body: (isolated LedgerDatabase) throws(SQLiteFailure) -> Void) throws(LedgerFailure) {
        guard !isFaulted else { throw .faulted }
        do throws(SQLiteFailure) {
            try database.transaction { () throws(SQLiteFailure) in try body(self) }
        } catch {
            isFaulted = true
            throw .storage(error)
        }
    }

    private static func migrate(_ database: SQLiteConnection) throws(SQLiteFailure) {
        let version = try database.row("PRAGMA user_version") { (row) throws(SQLiteFailure) in row.integer(0) } ?? 0
        switch version {
        case LedgerSchema.version: return
        case 0: try database.transaction { () throws(SQLiteFailure) in try database.script(LedgerSchema.script) }
        case 1:
            try database.transaction { () throws(SQLiteFailure) in try database.script(LedgerSchema.addingPreviousHash)
            }
        default: throw SQLiteFailure(code: 0, message: "the ledger is of version \(version), which is not known here")
        }
    }

    private static func storedLog(_ database: SQLiteConnection) throws(SQLiteFailure) -> ReceiptLog {
        let log = try database.row("SELECT size, peaks FROM log") { (row) throws(SQLiteFailure) -> ReceiptLog? in
            let bytes = row.blob(1)
            let peaks = stride(from: 0, to: bytes.count, by: SHA256Hash.byteCount).compactMap {
                SHA256Hash(bytes: Array(bytes[$0..<min($0 + SHA256Hash.byteCount, bytes.count)]))
            }
            return UInt64(exactly: row.integer(0)).flatMap { ReceiptLog(size: $0, peaks: peaks) }
        }
        guard let log = log ?? nil else { throw SQLiteFailure(code: 0, message: "the log's edge is not readable") }
        return log
    }

    private static func leafCount(_ database: SQLiteConnection) throws(LedgerFailure) -> UInt64 {
        do throws(SQLiteFailure) {
            let count = try database.row("SELECT count(log_index) FROM batches") { (row) throws(SQLiteFailure) in
                row.integer(0)
            }
            return UInt64(exactly: count ?? 0) ?? 0
        } catch {
            throw .storage(error)
        }
    }
}

/// A batch's row beside its bytes.
struct BatchEntry {
    var status: ReceiptStatus
    var reason: String?
    var logIndex: UInt64?
    var receipt: [UInt8]
    var arrivedMilliseconds: Int64
}

extension String {
    /// As much of the text as fits into `length` bytes of UTF-8.
    func prefix(utf8Length length: Int) -> String {
        var text = self[...]
        while text.utf8.count > length { text.removeLast() }
        return String(text)
    }
}
