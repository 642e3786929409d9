import ServiceLifecycle

/// An event of a run loop, which is told as well that the agent stops.
protocol StoppableEvent: Sendable {
    static var stopRequested: Self { get }
}

extension Mailbox where Event: StoppableEvent {
    /// Runs a loop over this mailbox, and tells it when the agent stops: it ends by itself, in its own order.
    func untilStopped<Value>(_ loop: () async throws -> Value) async rethrows -> Value {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await loop()
        } onCancelOrGracefulShutdown: {
            post(.stopRequested)
        }
    }
}
