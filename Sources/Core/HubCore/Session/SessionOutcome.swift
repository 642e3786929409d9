/// What a session came to, for the decision when its device is tried again.
package struct SessionOutcome: Sendable, Hashable {
    /// A session that holds this long was no mistake, even if its device had nothing to deliver.
    package static let lasting: Duration = .seconds(10)

    /// The device was attested and worked with.
    package var wasConnected = false
    /// Something that the device delivered became durable.
    package var hasStored = false

    package init() {}

    /// Whether the ladder of attempts begins anew. A device that is pulled out and comes back in the middle of a long list
    /// gets on with each session, however short; one that connects and falls away without having delivered does not.
    package func isSuccess(after duration: Duration) -> Bool {
        wasConnected && (hasStored || duration >= Self.lasting)
    }
}
