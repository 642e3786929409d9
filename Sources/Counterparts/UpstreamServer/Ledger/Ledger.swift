package import CORProtocol

/// The rules by which a batch joins a hub's history. Values in, a verdict out; the database is told what to do.
///
/// A history is a chain of epochs; an epoch is a chain of batches by sequence and hash. A batch takes its place, repeats
/// one that is there, or conflicts. A batch that takes its place is accepted or rejected by its contents; either way the
/// chain goes on over it.
package enum Ledger {
    /// What is stored that bears on a batch's place.
    package struct Lane: Sendable, Hashable {
        /// What is stored under the batch's own hub, epoch and sequence.
        package struct Stored: Sendable, Hashable {
            package var hash: SHA256Hash
            package var receipt: [UInt8]

            package init(hash: SHA256Hash, receipt: [UInt8]) {
                self.hash = hash
                self.receipt = receipt
            }
        }

        /// The newest batch of the batch's epoch.
        package struct Tip: Sendable, Hashable {
            package var sequence: UInt64
            package var hash: SHA256Hash
            package var isRejected: Bool

            package init(sequence: UInt64, hash: SHA256Hash, isRejected: Bool) {
                self.sequence = sequence
                self.hash = hash
                self.isRejected = isRejected
            }
        }

        package var stored: Stored?
        package var tip: Tip?
        /// The epoch that the hub began last; nil before its first batch.
        package var currentEpoch: Epoch?

        package init(stored: Stored? = nil, tip: Tip? = nil, currentEpoch: Epoch? = nil) {
            self.stored = stored
            self.tip = tip
            self.currentEpoch = currentEpoch
        }
    }

    package enum Placement: Sendable, Hashable {
        /// The same batch was received before: the answer is the same, bit for bit.
        case repeated(receipt: [UInt8])
        case conflict(LedgerConflict)
        /// The batch is the next of its epoch.
        case next(opensEpoch: Bool)
    }

    package static func placement(
        epoch: Epoch, sequence: UInt64, previousHash: SHA256Hash, hash: SHA256Hash, in lane: Lane
    ) -> Placement {
        let next = lane.tip.map { $0.sequence + 1 } ?? 1
        if let stored = lane.stored {
            return stored.hash == hash
                ? .repeated(receipt: stored.receipt) : .conflict(.sequenceReused(nextSequence: next))
        }
        // A hub that opens an epoch has left the one before for good: whoever goes on there is a clone or a restored disk.
        if let current = lane.currentEpoch, current != epoch, lane.tip != nil { return .conflict(.epochClosed) }
        guard sequence == next else { return .conflict(.sequenceUnexpected(nextSequence: next)) }
        guard previousHash == lane.tip?.hash ?? .zero else {
            return .conflict(.previousHashMismatch(nextSequence: next))
        }
        return .next(opensEpoch: lane.tip == nil)
    }
}

/// Why a batch has no place in its hub's history. Nothing of it is stored but the alarm.
package enum LedgerConflict: Sendable, Hashable {
    /// Another batch holds this place already.
    case sequenceReused(nextSequence: UInt64)
    case sequenceUnexpected(nextSequence: UInt64)
    case previousHashMismatch(nextSequence: UInt64)
    case epochClosed

    package var nextSequence: UInt64? {
        switch self {
        case .sequenceReused(let next), .sequenceUnexpected(let next), .previousHashMismatch(let next): next
        case .epochClosed: nil
        }
    }

    package var code: String {
        switch self {
        case .sequenceReused: "sequence-reused"
        case .sequenceUnexpected: "sequence-unexpected"
        case .previousHashMismatch: "previous-hash-mismatch"
        case .epochClosed: "epoch-closed"
        }
    }

    package var message: String {
        switch self {
        case .sequenceReused: "another batch was received under this hub, epoch and sequence"
        case .sequenceUnexpected(let next): "the next sequence of this epoch is \(next)"
        case .previousHashMismatch: "the previous hash is not that of the batch before"
        case .epochClosed: "the hub has begun another epoch"
        }
    }
}
