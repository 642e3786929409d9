/// What a session came to, for the decision when its device is tried again.
package struct SessionOutcome: Sendable, Hashable {
    package enum Worth: Sendable, Hashable {
        /// The device was not attested: whatever is there may never be of use.
        case none
        /// The device proved who it is, and fell away before it had delivered anything.
        case reached
        /// It delivered, or held for so long that it had nothing to deliver.
        case delivered
    }

    /// A session that holds this long was no mistake, even if its device had nothing to deliver.
    package static let lasting: Duration = .seconds(10)

    /// The device was attested and worked with.
    package var wasConnected = false
    /// Something that the device delivered became durable.
    package var hasStored = false

    package init() {}

    /// - Parameter duration: from the session's first attempt to its end.
    package func worth(after duration: Duration) -> Worth {
        guard wasConnected else { return .none }
        return hasStored || duration >= Self.lasting ? .delivered : .reached
    }
}
