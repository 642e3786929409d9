package import HubCore
import Synchronization

/// Hands what happens to everyone who watches. A slow watcher loses the oldest events, never the agent's time.
package final class EventBroadcaster: Sendable {
    private struct State {
        var watchers: [UInt64: AsyncStream<MonitorEvent>.Continuation] = [:]
        var count: UInt64 = 0
        /// What has happened since the start, by name. As many names as there are kinds of event.
        var counts: [String: UInt64] = [:]
    }

    /// Events that wait for one watcher, and watchers at a time.
    private static let bufferCountMax = 1_024
    private static let watcherCountMax = 16

    private let state = Mutex(State())

    package init() {}

    package func publish(_ event: MonitorEvent) {
        let watchers = state.withLock { state in
            state.counts[event.name, default: 0] += 1
            return Array(state.watchers.values)
        }
        for watcher in watchers {
            watcher.yield(event)
        }
    }

    /// How often each kind of event has happened since the start; ordered by name.
    package var counts: [(name: String, count: UInt64)] {
        state.withLock { state in state.counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    /// Nil when too many watch already.
    package func watch() -> AsyncStream<MonitorEvent>? {
        let (stream, continuation) = AsyncStream.makeStream(
            of: MonitorEvent.self, bufferingPolicy: .bufferingNewest(Self.bufferCountMax))
        let id = state.withLock { state -> UInt64? in
            guard state.watchers.count < Self.watcherCountMax else { return nil }
            state.count += 1
            state.watchers[state.count] = continuation
            return state.count
        }
        guard let id else { return nil }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: id) }
        }
        return stream
    }

    /// Ends every watch, as at shutdown.
    package func finish() {
        let watchers = state.withLock { Array($0.watchers.values) }
        for watcher in watchers {
            watcher.finish()
        }
    }
}
