package import CORProtocol
package import Crypto

/// The secret under which content lies on the hub's disk. It is made on the hub and never leaves it.
///
/// What is used is derived by HKDF-SHA-256 (RFC 5869) without a salt, so that neither the key nor the one that seals can be
/// told from the id.
package struct StorageKey: Sendable {
    package static let byteCount = 32
    package static let idByteCount = 8

    /// 8 bytes that name the key and say nothing about it.
    package let id: [UInt8]
    /// Where the secret is kept.
    package let protection: KeyProtection
    /// Seals content; 32 bytes.
    package let contentKey: SymmetricKey

    /// Nil unless there are 32 bytes. They must come from a cryptographic source of randomness.
    package init?(secret: [UInt8], protection: KeyProtection) {
        guard secret.count == Self.byteCount else { return nil }
        let secret = SymmetricKey(data: secret)
        id = Self.derived(from: secret, "corhub storage key id", byteCount: Self.idByteCount).withUnsafeBytes {
            [UInt8]($0)
        }
        contentKey = Self.derived(from: secret, "corhub store content", byteCount: Self.byteCount)
        self.protection = protection
    }

    private static func derived(from secret: SymmetricKey, _ purpose: String, byteCount: Int) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: secret, info: Array(purpose.utf8), outputByteCount: byteCount)
    }
}
