/// Why a hub was not enrolled.
package struct EnrolmentFault: Error, Sendable, Equatable {
    package var code: String
    package var message: String
    package var kind: Kind

    package enum Kind: Sendable {
        /// What was asked for makes no sense.
        case usage
        case failed
        /// The same may succeed later.
        case temporary
    }

    init(code: String, _ message: String, _ kind: Kind = .failed) {
        self.code = code
        self.message = message
        self.kind = kind
    }
}
