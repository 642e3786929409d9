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

    /// May be run a second time in the same commit, from the same start.
    typealias Write = @Sendable (StoreTransaction) -> Outcome

    enum Work: Sendable {
        case write(Write)
        case read(@Sendable (StoreReader) -> Void)
    }

    let work: Work
    /// Answers the caller with a fault, instead of the work.
    let refuse: @Sendable (StoreFault) -> Void
}
