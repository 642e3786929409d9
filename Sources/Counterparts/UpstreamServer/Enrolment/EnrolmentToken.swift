package import CORProtocol

/// A one-time password that lets one hub enrol once: 160 random bits, shown once, stored as a hash.
package struct EnrolmentToken: Sendable, Hashable {
    private static let byteCount = 20

    package let text: String

    package init(generator: inout some RandomNumberGenerator) {
        text = Base32.text(of: (0..<Self.byteCount).map { _ in generator.next() })
    }

    package init(text: String) {
        self.text = text
    }

    /// What is stored. A plain hash is enough, because the token has more entropy than can be guessed.
    var hash: SHA256Hash { SHA256Hash.of(Array(text.utf8)) }

    /// Names the token in lists and notes, and is useless to use it.
    package var id: String { TokenRecord.id(of: hash) }
}

/// What the desk knows of a token that it gave out.
package struct TokenRecord: Sendable, Hashable {
    package enum State: String, Sendable {
        case open, held, used, expired, revoked
    }

    static let idLength = 12

    /// The first digits of the hash: enough to name a token, useless to use it.
    package var id: String
    package var hub: HubID
    package var createdMilliseconds: Int64
    package var expiresMilliseconds: Int64
    package var usedMilliseconds: Int64?
    package var state: State

    static func id(of hash: SHA256Hash) -> String { String(hash.hex.prefix(idLength)) }
}
