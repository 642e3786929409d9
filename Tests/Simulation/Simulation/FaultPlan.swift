import TestSupport

/// The virtual device has a generator of the same name for its own draws.
typealias Chance = TestSupport.SeededGenerator

/// Which faults one seed turns on. Each is drawn by itself, so that they meet in every combination.
package struct FaultPlan: Sendable, Equatable, CustomStringConvertible {
    package enum Fault: String, Sendable, CaseIterable {
        /// Messages between hub and device are lost, doubled or delayed.
        case lossyLink = "lossy-link"
        /// The link goes away in the middle.
        case linkGone = "link-gone"
        /// The device restarts, also in the middle of a run.
        case deviceReset = "device-reset"
        /// The power of the hub is cut between one effect and the next.
        case powerCut = "power-cut"
        /// The agent is killed, and the machine goes on.
        case agentKilled = "agent-killed"
        /// Others fill the disk, up to the last byte.
        case diskFull = "disk-full"
        /// A write or its fsync fails; the write may be there all the same.
        case diskError = "disk-error"
        /// The store does not take what a device delivers.
        case storeRefuses = "store-refuses"
        /// Batches do not reach the upstream.
        case lostRequest = "lost-request"
        /// The upstream has committed, and its answer does not arrive.
        case lostAnswer = "lost-answer"
        /// 503, with or without Retry-After.
        case unavailable
        /// Hours and days without the upstream.
        case outage
        /// Somebody else answers.
        case forgedReceipt = "forged-receipt"
        /// The upstream rejects a device's records until somebody mends it.
        case rejection
        /// The hub's disk is put back to an earlier image.
        case restoredImage = "restored-image"
        /// The upstream is put back to an earlier backup.
        case restoredUpstream = "restored-upstream"
        /// The hub boots in 1970, or its clock jumps.
        case wrongClock = "wrong-clock"
        /// The hub's clocks run too fast or too slow.
        case clockDrift = "clock-drift"
        /// Raw records have a daily budget.
        case metered
        /// The store is small, and overwrites what was not sent.
        case smallStore = "small-store"
    }

    package let faults: Set<Fault>

    /// - Parameter generator: each fault is on with one chance in three.
    init(drawnFrom generator: inout Chance) {
        var faults: Set<Fault> = []
        for fault in Fault.allCases where Int.random(in: 0..<3, using: &generator) == 0 { faults.insert(fault) }
        // Both memories lost at once is more than any protocol can mend; a hub that is short of room lets go of what has a
        // receipt.
        if !faults.isDisjoint(with: [.restoredImage, .diskFull, .smallStore]) { faults.remove(.restoredUpstream) }
        // An upstream that was restored and now rejects what it had accepted is left to people (docs/decisions/0030).
        if faults.contains(.restoredUpstream) { faults.remove(.rejection) }
        self.faults = faults
    }

    package init(_ faults: Set<Fault>) {
        self.faults = faults
    }

    func has(_ fault: Fault) -> Bool { faults.contains(fault) }

    package var description: String {
        faults.isEmpty ? "none" : faults.map(\.rawValue).sorted().joined(separator: ", ")
    }
}
