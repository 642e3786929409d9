import CORProtocol
import HubCore
import HubStore

/// All that the store holds about one record's way: what a trace is verified from.
struct TraceEvidence: Sendable {
    var trace: RecordTrace
    /// The batches that carry the record and its results.
    var batches: [BatchPosition: SignedBatchRow]
    /// The hash of the batch before each of them, where that is still known.
    var previousHashes: [BatchPosition: SHA256Hash] = [:]
    /// How the device became this hub's.
    var registration: DeviceRegistration?

    /// Every passage's batch, each once, oldest first.
    var passages: [RecordTrace.Passage] {
        var seen: Set<BatchPosition> = []
        return ([trace.passage] + trace.results.map(\.passage)).compactMap { $0 }
            .filter { seen.insert($0.batch.position).inserted }
            .sorted { $0.batch.number < $1.batch.number }
    }
}

extension StoreReader {
    func evidence(of trace: RecordTrace) throws(StoreFault) -> TraceEvidence {
        var evidence = TraceEvidence(
            trace: trace, batches: [:], registration: try registration(of: trace.record.summary.serial))
        for position in evidence.passages.map(\.batch.position) {
            evidence.batches[position] = try batch(position)
            guard position.sequence > 1 else { continue }
            let before = BatchPosition(epoch: position.epoch, sequence: position.sequence - 1)
            evidence.previousHashes[position] = try batchSummary(before)?.hash
        }
        return evidence
    }
}
