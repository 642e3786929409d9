package import CORProtocol
package import JSONCoding

/// What a hub gets: its chains and the anchors that it shall pin. Every certificate is PEM.
package struct EnrolmentGrant: Sendable, Hashable {
    package var hub: HubID
    package var environment: String
    /// Leaf first, without the root.
    package var transportChain: [String]
    package var signingChain: [String]
    package var authority: String
    package var receiptCertificate: String

    package var json: JSONValue {
        [
            "hub": .string(hub.text),
            "environment": .string(environment),
            "tls_chain": .array(transportChain.map(JSONValue.string)),
            "signing_chain": .array(signingChain.map(JSONValue.string)),
            "ca": .string(authority),
            "receipt_certificate": .string(receiptCertificate),
        ]
    }
}
