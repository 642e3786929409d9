import CORProtocol

// What happens behind the batch that is on its way.
extension Forwarder {
    mutating func cutAhead(_ cut: BatchCut?) -> [Effect] {
        // In any other state it is durable all the same: who stores the receipt before it is told of it.
        if case .sending(let batch, let delay, .cutting) = state {
            state = .sending(batch, previousDelay: delay, behind: LookAhead(cut))
        }
        return announce(cut)
    }

    /// The receipt of the batch before the one on its way is durable.
    mutating func receiptStored(ahead cut: BatchCut?, at now: TimeBlock, chance: Double) -> [Effect] {
        guard case .sending(let batch, let delay, .storing(let outcome)) = state else { return [] }
        state = .sending(batch, previousDelay: delay, behind: LookAhead(cut))
        guard let outcome else { return announce(cut) }
        return announce(cut) + submissionEnded(outcome, at: now, chance: chance)
    }

    mutating func submissionEnded(_ outcome: SubmissionOutcome, at now: TimeBlock, chance: Double) -> [Effect] {
        guard case .sending(let batch, let delay, let behind) = state else { return [] }
        switch behind {
        case .none, .cutting, .durable:
            return submitted(outcome, batch: batch, previousDelay: delay, behind: behind, at: now, chance: chance)
        case .storing(nil):
            // One receipt becomes durable after the other.
            state = .sending(batch, previousDelay: delay, behind: .storing(outcome: outcome))
            return []
        case .storing(.some):
            return []
        }
    }

    func announce(_ cut: BatchCut?) -> [Effect] {
        cut.map { [.publish($0.announcement)] } ?? []
    }
}
