import Crypto

/// The key that the device's boot loader has: Ed25519, over the image's SHA-256.
package struct BootKey: Sendable {
    private let key: Curve25519.Signing.PublicKey
    /// SHA-256 of the SubjectPublicKeyInfo, by which an image names its key.
    private let hash: [UInt8]

    private static let keyHashType: UInt16 = 0x01
    private static let signatureType: UInt16 = 0x24
    /// RFC 8410: what stands before the 32 bytes of the point.
    private static let headLength = 12

    /// - Parameter der: SubjectPublicKeyInfo; nil for what is no key of Ed25519.
    package init?(der: [UInt8]) {
        guard der.count == Self.headLength + 32,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: der.dropFirst(Self.headLength))
        else { return nil }
        self.key = key
        hash = Array(SHA256.hash(data: der))
    }

    /// Whether one of the entries of an image is this key's signature.
    func signed(_ digest: [UInt8], _ entries: [(type: UInt16, value: [UInt8])]) -> Bool {
        var isOurs = false
        for entry in entries {
            if entry.type == Self.keyHashType { isOurs = entry.value == hash }
            if isOurs, entry.type == Self.signatureType { return key.isValidSignature(entry.value, for: digest) }
        }
        return false
    }
}
