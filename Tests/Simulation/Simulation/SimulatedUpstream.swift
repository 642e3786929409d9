import CORProtocol
import COSESigning
import Crypto
import HubCore
import UpstreamServer

/// The reference upstream's rules over tables in memory: `Ledger` places and judges, `ReceiptLog` proves.
struct SimulatedUpstream {
    struct Entry {
        var hash: SHA256Hash
        var receipt: [UInt8]
        var isRejected: Bool
        /// The last audit entry of a rejected batch.
        var auditTail: AuditEntry?
    }

    struct EpochState {
        var batches: [UInt64: Entry] = [:]
        var accounted: [DeviceSerial: UInt64] = [:]
        var audit: [UInt64: AuditEntry] = [:]
        var auditHead: LedgerHistory.AuditHead?
        var auditBatchSequence: UInt64 = 0
        /// The newest batch, and the newest that was rejected; 0 before the first.
        var newest: UInt64 = 0
        var newestRejected: UInt64 = 0

        var tip: Ledger.Lane.Tip? {
            batches[newest].map { .init(sequence: newest, hash: $0.hash, isRejected: $0.isRejected) }
        }
    }

    /// Everything durable, so that the upstream can be restored from a backup.
    struct Tables {
        var epochs: [(epoch: Epoch, state: EpochState)] = []
        var known: [DeviceSerial: UInt64] = [:]
        var records: [SHA256Hash: RecordItem] = [:]
        var positions: [DevicePosition: SHA256Hash] = [:]
        var results: Set<SHA256Hash> = []
        var gaps: [(serial: DeviceSerial, span: ClosedRange<UInt64>, reason: GapReason)] = []
        var log = ReceiptLog()
        var alarms: [String: Int] = [:]
        /// Records that came under a position that another record has.
        var doubledCount = 0
    }

    var tables = Tables()
    /// Devices whose maker it knows; records of others are rejected.
    var knownDevices: Set<DeviceSerial> = []
    /// Broken on purpose.
    var forgetsEpochs = false
    /// Why it rejected batches though it knew every maker in them: a sound hub sends none such.
    private(set) var refusals: [String] = []
    private let hub: HubID
    private let hubKey: COSEPublicKey
    private let key: P256.Signing.PrivateKey
    private let logID: SHA256Hash

    static let environment = "test"

    init(hub: HubID, hubKey: COSEPublicKey, key: P256.Signing.PrivateKey) {
        self.hub = hub
        self.hubKey = hubKey
        self.key = key
        logID = .of(Array(key.publicKey.derRepresentation))
    }

    var verifier: ReceiptVerifier {
        ReceiptVerifier(hub: hub, environment: Self.environment, key: .p256(key.publicKey), logID: logID)
    }

    /// - Parameter now: the upstream's clock, which is right.
    mutating func receive(_ bytes: [UInt8], at now: Int64) throws -> SubmissionOutcome {
        let signed = try SignedBatch(decoding: bytes)
        let batch = signed.batch
        let hash = signed.hash
        // Bytes do not change on this way, and whether our signatures hold is the same for all: one in eight is looked at,
        // the first of an epoch among them.
        let isLookedAt = batch.sequence % 8 == 1
        guard batch.hubID == hub, !isLookedAt || signed.verdict(environment: Self.environment, key: hubKey) == .valid
        else { return .refused(status: 403, code: "signature-refused", message: "") }
        let index = tables.epochs.firstIndex { $0.epoch == batch.epoch }
        let stored = index.flatMap { tables.epochs[$0].state.batches[batch.sequence] }
        let lane = Ledger.Lane(
            stored: stored.map { .init(hash: $0.hash, receipt: $0.receipt) },
            tip: index.flatMap { tables.epochs[$0].state.tip }, currentEpoch: tables.epochs.last?.epoch)
        switch Ledger.placement(
            epoch: batch.epoch, sequence: batch.sequence, previousHash: batch.previousHash, hash: hash, in: lane)
        {
        case .repeated(let receipt):
            return .receipt(receipt)
        case .conflict(let conflict):
            tables.alarms[conflict.code, default: 0] += 1
            return .conflict(
                SubmissionConflict(code: conflict.code, message: conflict.message, nextSequence: conflict.nextSequence))
        case .next:
            return .receipt(try join(batch, hash, index: index, at: now))
        }
    }

    private mutating func join(_ batch: Batch, _ hash: SHA256Hash, index: Int?, at now: Int64) throws -> [UInt8] {
        let verdict: LedgerVerdict
        if let stranger = batch.records.first(where: { !knownDevices.contains($0.serial) }) {
            verdict = .rejected(reason: "record of \(stranger.serial.text): its maker is not known")
        } else {
            verdict = Ledger.verdict(on: batch, history: history(of: batch, index: index))
            if case .rejected(let reason) = verdict { refusals.append(reason) }
        }
        let index = index ?? tables.epochs.count
        if index == tables.epochs.count { tables.epochs.append((batch.epoch, EpochState())) }
        var receipt = Receipt(
            hubID: hub, epoch: batch.epoch, sequence: batch.sequence, batchHash: hash, logID: logID,
            inclusion: nil,
            upstreamMilliseconds: now, status: .rejected, reason: nil, nextSequence: batch.sequence + 1)
        switch verdict {
        case .rejected(let reason):
            receipt.reason = reason
        case .accepted(let acceptance):
            let (proof, root) = tables.log.append(hash.bytes)
            receipt.inclusion = try InclusionReceipt.signing(proof: proof, root: root, signer: P256COSESigner(key))
                .bytes
            receipt.status = acceptance.hasGaps ? .acceptedWithGaps : .accepted
            take(batch, acceptance, into: index)
        }
        let bytes = try SignedReceipt.signing(
            receipt, environment: Self.environment, certificate: [0x30, 0x00], signer: P256COSESigner(key)
        ).bytes
        tables.epochs[index].state.batches[batch.sequence] = Entry(
            hash: hash, receipt: bytes, isRejected: receipt.status == .rejected,
            auditTail: receipt.status == .rejected ? batch.audit.last : nil)
        tables.epochs[index].state.newest = batch.sequence
        if receipt.status == .rejected { tables.epochs[index].state.newestRejected = batch.sequence }
        return bytes
    }

    private func history(of batch: Batch, index: Int?) -> LedgerHistory {
        let state = index.map { tables.epochs[$0].state } ?? EpochState()
        var history = LedgerHistory(
            auditHead: state.auditHead, accounted: state.accounted, known: tables.known,
            replacesEpoch: index == nil && !tables.epochs.isEmpty)
        history.followsRejected = state.newestRejected > state.auditBatchSequence
        if let first = batch.audit.first, let head = state.auditHead, first.sequence <= head.sequence,
            let after = state.audit.keys.filter({ $0 >= first.sequence }).min()
        {
            let before = state.audit.keys.filter { $0 < first.sequence }.max().flatMap { state.audit[$0] }
            history.auditHole = LedgerHistory.AuditHole(
                before: before.map { .init(sequence: $0.sequence, hash: $0.hash) }, afterSequence: after,
                afterPreviousHash: state.audit[after]?.previousHash)
        }
        for record in batch.records {
            let position = DevicePosition(serial: record.serial, sequence: record.sequence)
            history.recordIDs[position] = tables.positions[position]
        }
        guard !forgetsEpochs else { return history }
        let earlier = tables.epochs.filter { $0.epoch != batch.epoch }
        for epoch in earlier { history.known.merge(epoch.state.accounted) { max($0, $1) } }
        if let first = batch.audit.first, let head = state.auditHead, first.sequence > head.sequence + 1 {
            if earlier.contains(where: { $0.state.audit[first.sequence - 1]?.hash == first.previousHash }) {
                history.auditPredecessor = .inEarlierEpoch
            } else if tables.epochs.contains(where: { epoch in
                epoch.state.batches.values.contains { $0.auditTail?.hash == first.previousHash }
            }) {
                history.auditPredecessor = .inRejectedBatch
            }
        }
        return history
    }

    private mutating func take(_ batch: Batch, _ acceptance: LedgerVerdict.Acceptance, into epoch: Int) {
        for record in batch.records {
            let position = DevicePosition(serial: record.serial, sequence: record.sequence)
            if let other = tables.positions[position], other != record.recordID { tables.doubledCount += 1 }
            tables.positions[position] = record.recordID
            tables.records[record.recordID] = record
            tables.known[record.serial] = max(tables.known[record.serial] ?? 0, record.sequence)
        }
        for result in batch.results { tables.results.insert(result.id) }
        for gap in batch.gaps { tables.gaps.append((gap.serial, gap.first...gap.last, gap.reason)) }
        for gap in acceptance.noticedGaps { tables.gaps.append((gap.serial, gap.first...gap.last, .missing)) }
        tables.epochs[epoch].state.accounted.merge(acceptance.accounted) { $1 }
        for entry in batch.audit { tables.epochs[epoch].state.audit[entry.sequence] = entry }
        if let last = batch.audit.last, last.sequence > tables.epochs[epoch].state.auditHead?.sequence ?? 0 {
            tables.epochs[epoch].state.auditHead = .init(sequence: last.sequence, hash: last.hash)
            tables.epochs[epoch].state.auditBatchSequence = batch.sequence
        }
        for alarm in acceptance.alarms { tables.alarms[alarm.kind.rawValue, default: 0] += 1 }
    }
}
