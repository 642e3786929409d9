/// What the upstream's operator hands to whoever installs a hub, as one text: `HUB.SECRET.AUTHORITY`.
///
/// It names the hub, lets it enrol once, and says by which certificate authority to know the upstream, so that the secret is
/// shown to no one else. firmware-specs/upstream.md §3.
package struct ClaimToken: Sendable, Hashable {
    package static let secretLengths = 26...64

    package let hub: HubID
    /// At least 128 bits as letters of `Base32`; never printed but when it is made.
    package let secret: String
    /// SHA-256 of the authority's certificate in DER.
    package let authority: SHA256Hash

    package init(hub: HubID, secret: String, authority: SHA256Hash) {
        self.hub = hub
        self.secret = secret
        self.authority = authority
    }

    /// nil unless `text` has this form.
    package init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let hub = HubID(parts[0]), Self.secretLengths.contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ Base32.value(of: $0) != nil }),
            let authority = Base32.bytes(of: parts[2]).flatMap(SHA256Hash.init(bytes:))
        else { return nil }
        self.init(hub: hub, secret: parts[1], authority: authority)
    }

    package var text: String { "\(hub.text).\(secret).\(Base32.text(of: authority.bytes))" }
}

extension ClaimToken: CustomStringConvertible {
    /// Leaves the secret out.
    package var description: String { "claim token of \(hub.text)" }
}
