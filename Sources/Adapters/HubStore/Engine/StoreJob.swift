import HubCore

/// A request to the store, and how its caller hears of it.
struct StoreJob: Sendable {
    /// What a write's own body came to; it counts once the commit is durable.
    struct Outcome: Sendable {
        /// Thrown by the body: its changes are to be rolled back.
        let fault: StoreFault?
        /// Answers the caller: nil when the body's outcome stands, or the fault of the commit.
        let settle: @Sendable (StoreFault?) -> Void
    }

    enum Work: Sendable {
        case write(@Sendable (StoreTransaction) -> Outcome)
        case read(@Sendable (StoreReader) -> Void)
    }

    let work: Work
    /// Answers the caller with a fault, instead of the work.
    let refuse: @Sendable (StoreFault) -> Void
}
