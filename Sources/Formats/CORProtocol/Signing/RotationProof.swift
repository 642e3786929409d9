/// What a hub's signing key signs to vouch for the next one: ECDSA on P-256 with SHA-256, in DER, over this text
/// (firmware-specs/upstream.md §3).
package enum RotationProof {
    /// The field of the request that carries the proof in base64.
    package static let field = "Corhub-Rotation-Proof"
    /// Bytes of a proof in DER, at most.
    package static let lengthMax = 80

    private static let context = "corhub-rotation-v1"

    /// - Parameter requestHash: SHA-256 of the PKCS#10 request in DER, which names the next key and is signed by it.
    package static func text(hub: HubID, environment: String, requestHash: SHA256Hash) -> [UInt8] {
        // No part can hold a line break: a hub id has none, and an environment of several lines is none of ours.
        Array("\(context)\n\(environment)\n\(hub.text)\n\(requestHash.hex)\n".utf8)
    }
}
