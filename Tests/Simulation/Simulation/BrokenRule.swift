/// A rule that the world around the machines breaks on purpose: the checkers must find each. They are the proof that a
/// good report means something.
package enum BrokenRule: String, Sendable, CaseIterable {
    /// A device is told at times that its record is stored, and it is not.
    case acknowledgesUnstored = "acknowledges-unstored"
    /// What a rejected batch held is not named.
    case namesNothing = "names-nothing"
    /// What a batch held that is withdrawn behind a rejected one is not pending again.
    case forgetsWithdrawn = "forgets-withdrawn"
    /// A new epoch forgets what had no receipt.
    case requeuesNothing = "requeues-nothing"
    /// A new epoch forgets what the upstream had taken and lost.
    case forgetsLoss = "forgets-loss"
    /// Runs give way, and nobody names them.
    case overwritesSilently = "overwrites-silently"
    /// Batches are signed with another key than the hub's.
    case signsWrongly = "signs-wrongly"
    /// Content goes by its age under any clock.
    case prunesByAnyClock = "prunes-by-any-clock"
    /// The upstream knows nothing of a hub's earlier epochs.
    case upstreamForgetsEpochs = "upstream-forgets-epochs"

    /// The faults under which it shows.
    package var faults: FaultPlan {
        switch self {
        case .acknowledgesUnstored, .signsWrongly: FaultPlan([])
        case .namesNothing: FaultPlan([.rejection])
        case .forgetsWithdrawn: FaultPlan([.rejection, .outage])
        case .overwritesSilently: FaultPlan([.smallStore, .outage])
        case .requeuesNothing: FaultPlan([.restoredImage, .outage])
        case .forgetsLoss: FaultPlan([.restoredUpstream])
        case .prunesByAnyClock: FaultPlan([.wrongClock])
        case .upstreamForgetsEpochs: FaultPlan([.restoredImage, .rejection])
        }
    }
}
