package import CORProtocol

/// Decides when a repository's metadata are read, and when devices are looked at anew.
///
/// Once a day at a time of the hub's own, when a person asks, and after failures with growing pauses. What was offered can change
/// without any news, by time alone: when metadata end, or a stage begins.
package struct MetadataSchedule: Sendable {
    package enum Event: Sendable, Equatable {
        case started
        /// A person wants it now.
        case checkAsked
        /// - Parameter reason: why it came to nothing; nil: it did not.
        case refreshEnded(failure: String?)
        /// Something about devices is new.
        case devicesChanged
        /// All devices were assessed.
        ///
        /// - Parameter changesAt: when that changes by itself, seconds since 1970; nil: not by time.
        case assessed(changesAt: Int64?)
        case timerFired(id: UInt64)
    }

    package enum Effect: Sendable, Equatable {
        case refresh
        case assess
        case startTimer(id: UInt64, after: Duration)
    }

    package struct Policy: Sendable, Equatable {
        package var interval: Duration = .seconds(86_400)
        /// Of the interval: chance moves each time by up to half of it in either direction.
        package var spread = 0.25
        /// A hub that starts waits a part of this, so that a fleet behind an outage does not come at once.
        package var startSpread: Duration = .seconds(60)
        /// Devices are looked at this often, whatever happens: a clock may have been set.
        package var assessInterval: Duration = .seconds(3_600)
        package var backoff: BackoffPolicy = {
            var policy = BackoffPolicy()
            policy.shortest = .seconds(60)
            policy.longest = .seconds(6 * 3600)
            return policy
        }()

        package init() {}
    }

    private let policy: Policy
    private var isRefreshing = false
    private var timerCount: UInt64 = 0
    private var refreshTimer: UInt64?
    private var assessTimer: UInt64?
    private var delay: Duration?

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// - Parameter chance: drawn by the caller, in 0..<1.
    package mutating func handle(_ event: Event, at now: TimeBlock, chance: Double) -> [Effect] {
        switch event {
        case .started:
            return [.assess, refresh(after: policy.startSpread * chance)]
        case .checkAsked:
            guard !isRefreshing else { return [] }
            return begin()
        case .refreshEnded(let failure):
            isRefreshing = false
            guard failure != nil else {
                delay = nil
                let part = 1 + policy.spread * (chance - 0.5)
                return [.assess, refresh(after: policy.interval * part)]
            }
            // Never later than it would have been without the failure.
            let next = min(
                policy.backoff.delay(after: delay, asked: nil, spread: .seconds(60), chance: chance), policy.interval)
            delay = next
            return [.assess, refresh(after: next)]
        case .devicesChanged:
            return [.assess]
        case .assessed(let time):
            let left = time.map { Duration.milliseconds(max(0, $0 * 1_000 - now.wallMilliseconds)) }
            timerCount += 1
            assessTimer = timerCount
            return [
                .startTimer(
                    id: timerCount, after: min(max(left ?? policy.assessInterval, .seconds(1)), policy.assessInterval))
            ]
        case .timerFired(let id):
            if id == refreshTimer, !isRefreshing { return begin() }
            return id == assessTimer ? [.assess] : []
        }
    }

    private mutating func begin() -> [Effect] {
        isRefreshing = true
        refreshTimer = nil
        return [.refresh]
    }

    private mutating func refresh(after delay: Duration) -> Effect {
        timerCount += 1
        refreshTimer = timerCount
        return .startTimer(id: timerCount, after: delay)
    }
}
