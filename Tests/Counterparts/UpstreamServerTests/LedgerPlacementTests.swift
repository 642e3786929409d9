import CORProtocol
import Testing
import UpstreamServer

@Suite("Ledger: the place of a batch")
struct LedgerPlacementTests {
    private let epoch: Epoch
    private let otherEpoch: Epoch
    private let first = SHA256Hash.of([1])
    private let second = SHA256Hash.of([2])

    init() throws {
        epoch = try #require(Epoch(bytes: [UInt8](repeating: 1, count: 16)))
        otherEpoch = try #require(Epoch(bytes: [UInt8](repeating: 2, count: 16)))
    }

    @Test("The first batch of a hub opens its epoch")
    func firstBatch() {
        #expect(placement(1, .zero, first, in: .init()) == .next(opensEpoch: true))
    }

    @Test("A batch follows the one before by sequence and hash")
    func nextBatch() {
        #expect(placement(2, first, second, in: lane(tip: 1, first)) == .next(opensEpoch: false))
    }

    @Test("A rejected batch keeps its place in the chain")
    func afterRejected() {
        let lane = lane(tip: 1, first, isRejected: true)
        #expect(placement(2, first, second, in: lane) == .next(opensEpoch: false))
    }

    @Test("The same batch again gets the stored receipt")
    func repetition() {
        var lane = lane(tip: 5, second)
        lane.stored = .init(hash: first, receipt: [42])
        #expect(placement(1, .zero, first, in: lane) == .repeated(receipt: [42]))
    }

    @Test("Another batch under the same sequence conflicts")
    func replayWithAnotherHash() {
        var lane = lane(tip: 1, first)
        lane.stored = .init(hash: first, receipt: [42])
        #expect(placement(1, .zero, second, in: lane) == .conflict(.sequenceReused(nextSequence: 2)))
    }

    @Test(
        "A sequence that is not the next conflicts, ahead and behind", arguments: [UInt64(1), 3, 7, UInt64(Int64.max)])
    func sequenceJump(sequence: UInt64) {
        #expect(
            placement(sequence, first, second, in: lane(tip: 1, first))
                == .conflict(.sequenceUnexpected(nextSequence: 2)))
    }

    @Test("An epoch begins with sequence 1 and a zero previous hash")
    func epochStart() {
        #expect(placement(2, first, second, in: .init()) == .conflict(.sequenceUnexpected(nextSequence: 1)))
        #expect(placement(1, first, second, in: .init()) == .conflict(.previousHashMismatch(nextSequence: 1)))
    }

    @Test("A batch that follows another history conflicts")
    func forkedHistory() {
        #expect(
            placement(2, second, second, in: lane(tip: 1, first)) == .conflict(.previousHashMismatch(nextSequence: 2)))
    }

    @Test("A new epoch opens; the one before is closed then, but still answers repetitions")
    func epochReplaced() {
        #expect(placement(1, .zero, second, in: .init(currentEpoch: otherEpoch)) == .next(opensEpoch: true))
        var old = lane(tip: 1, first)
        old.currentEpoch = otherEpoch
        #expect(placement(2, first, second, in: old) == .conflict(.epochClosed))
        old.stored = .init(hash: first, receipt: [42])
        #expect(placement(1, .zero, first, in: old) == .repeated(receipt: [42]))
    }

    private func placement(
        _ sequence: UInt64, _ previous: SHA256Hash, _ hash: SHA256Hash, in lane: Ledger.Lane
    ) -> Ledger.Placement {
        Ledger.placement(epoch: epoch, sequence: sequence, previousHash: previous, hash: hash, in: lane)
    }

    private func lane(tip sequence: UInt64, _ hash: SHA256Hash, isRejected: Bool = false) -> Ledger.Lane {
        .init(tip: .init(sequence: sequence, hash: hash, isRejected: isRejected), currentEpoch: epoch)
    }
}
