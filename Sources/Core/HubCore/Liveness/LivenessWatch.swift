/// Decides when the service manager's watchdog is fed: when every part has answered since it was fed last.
///
/// A part that does not answer ends the feeding, and the service manager then ends the agent. Each part is asked where it
/// works, so that an answer says that it still does: nobody answers for another.
package struct LivenessWatch: Sendable {
    package enum Part: String, Sendable, Hashable, CaseIterable {
        /// The store's thread reads.
        case store
        /// The loop over links handles events, and its timers are kept.
        case links
        /// The loop of the forwarder does.
        case uplink
    }

    package enum Event: Sendable, Equatable {
        case started
        case answered(Part, round: UInt64)
        case timerFired
    }

    package enum Effect: Sendable, Equatable {
        case ask(Part, round: UInt64)
        case feed
        case startTimer(after: Duration)
        /// These do not answer, in the order of `Part`; nothing, once they do again.
        case report(stuck: [Part])
    }

    /// Questions to each part within the time in which the watchdog has to be fed: one that is lost between a wake-up and
    /// the next is no reason to end the agent.
    package static let roundsPerWatchdog = 3

    /// A part whose earliest timer is late by more does not answer: its timers are stuck.
    package static let timerDelayMax: Duration = .seconds(10)

    private let interval: Duration
    private var round: UInt64 = 0
    private var awaited: Set<Part> = []
    private var reported: [Part] = []

    /// - Parameter watchdog: within which the service manager wants to be told.
    package init(watchdog: Duration) {
        interval = watchdog / Self.roundsPerWatchdog
    }

    package mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .started:
            return nextRound()

        case .answered(let part, let answeredRound):
            // An answer to an earlier round says nothing of this one.
            guard answeredRound == round, awaited.remove(part) != nil else { return [] }
            var effects: [Effect] = []
            if awaited.isEmpty {
                effects.append(.feed)
                if !reported.isEmpty {
                    reported = []
                    effects.append(.report(stuck: []))
                }
            }
            return effects

        case .timerFired:
            guard !awaited.isEmpty else { return nextRound() }
            // Asked again, since a part may decline while its timers are late; the watchdog bounds how often.
            let stuck = Part.allCases.filter(awaited.contains)
            var effects = stuck.map { Effect.ask($0, round: round) }
            if stuck != reported {
                reported = stuck
                effects.append(.report(stuck: stuck))
            }
            return effects + [.startTimer(after: interval)]
        }
    }

    private mutating func nextRound() -> [Effect] {
        round += 1
        awaited = Set(Part.allCases)
        return Part.allCases.map { .ask($0, round: round) } + [.startTimer(after: interval)]
    }
}
