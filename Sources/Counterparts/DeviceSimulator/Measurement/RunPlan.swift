/// The runs that the device makes by itself, one after the other.
package struct RunPlan: Sendable, Hashable {
    /// How many are left.
    package private(set) var remainingCount: Int
    /// From the end of one to the start of the next, and before the first.
    package let interval: Duration
    package let minutes: Int
    /// Taken in turn; never empty.
    private let artefacts: [Artefact]
    private var startedCount = 0
    /// When the next starts; nil while one runs, or when none is left.
    package private(set) var deadline: Duration?

    package init(count: Int = 0, interval: Duration = .seconds(5), minutes: Int = 30, artefacts: [Artefact] = [.none]) {
        remainingCount = max(count, 0)
        self.interval = interval
        self.minutes = minutes
        self.artefacts = artefacts.isEmpty ? [.none] : artefacts
        deadline = count > 0 ? interval : nil
    }

    /// The artefact of the run that is due now.
    package mutating func takeDue(at now: Duration) -> Artefact? {
        guard let deadline, now >= deadline else { return nil }
        self.deadline = nil
        remainingCount -= 1
        startedCount += 1
        return artefacts[(startedCount - 1) % artefacts.count]
    }

    /// The device is idle since `now`.
    package mutating func runEnded(at now: Duration) {
        deadline = remainingCount > 0 ? now + interval : nil
    }
}
