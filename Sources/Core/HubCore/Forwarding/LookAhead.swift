package import CORProtocol

/// What stands behind the batch that is on its way: in a backlog the next one becomes durable meanwhile, and only one.
///
/// It is sent when the one before has an accepting receipt, and not before. So where that one is rejected, or another
/// epoch begins, it was certainly never sent.
package enum LookAhead: Sendable, Equatable {
    /// Nothing was cut behind, or nobody has looked.
    case none
    case cutting
    /// Durable, and named as the one that is sent next.
    case durable(OutstandingBatch)
    /// The receipt of the batch before is being stored, and in the same transaction the next one cut. The outcome is of the
    /// batch on its way, where it came sooner.
    case storing(outcome: SubmissionOutcome?)
}

extension LookAhead {
    init(_ cut: BatchCut?) {
        self = cut.map { .durable($0.batch) } ?? .none
    }
}

/// What becomes of the batches behind the one whose receipt is stored.
package enum BatchesBehind: Sendable, Equatable {
    case stay
    /// None was ever sent: they go, what they held is pending again, and their sequences are free.
    case areWithdrawn
    /// The first is on its way by now: another is cut behind it, where `PendingItems.mayBeCutAhead` allows it.
    case areFollowed
}

extension PendingItems {
    /// Whether a batch of these may be cut while another is on its way.
    ///
    /// - Parameters:
    ///   - underWay: the oldest batch of the epoch without a receipt.
    ///   - head: the newest batch.
    ///   - urgent: gaps that the next batch has to name, and that it would have to name again if it were withdrawn.
    package func mayBeCutAhead(
        _ policy: ForwardingPolicy, underWay: BatchPosition?, head: BatchPosition?, urgent: [Numbered<Gap>]
    ) -> Bool {
        // What is less than a full batch waits for company, and a budget is spent for what goes.
        isWorthCuttingAhead(policy) && urgent.isEmpty && underWay != nil && underWay == head
    }

    /// The same as far as these alone can tell.
    package func isWorthCuttingAhead(_ policy: ForwardingPolicy) -> Bool {
        hasMore && damaged.isEmpty && policy.rawBytesPerDay == nil
    }
}
