import CORProtocol
import HubCore
import Synchronization

/// What the services know together of how far the wall clock can be believed.
final class ClockWitness: Sendable {
    private let content: Mutex<ClockTrust>

    init(_ trust: ClockTrust) {
        content = Mutex(trust)
    }

    var trust: ClockTrust { content.withLock { $0 } }

    func verified(upstreamMilliseconds: Int64, cut: TimeBlock, at now: TimeBlock) {
        content.withLock { $0.verified(upstreamMilliseconds: upstreamMilliseconds, cut: cut, at: now) }
    }
}
