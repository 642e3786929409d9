import HubCore

/// Why a hub was not enrolled, or its certificates were not renewed.
package struct EnrolmentFault: Error, Sendable, Equatable {
    package var code: String
    package var message: String
    package var kind: Kind
    /// Where the upstream asked to be left alone for a while.
    package var retryAfter: Duration?

    package enum Kind: Sendable {
        /// What was asked for makes no sense.
        case usage
        case failed
        /// Something is in the way that a person has to remove.
        case blocked
        /// The same may succeed later.
        case temporary
        case interrupted
    }

    init(code: String, _ message: String, _ kind: Kind = .failed, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.kind = kind
        self.retryAfter = retryAfter
    }
}
