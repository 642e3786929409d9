package import CORProtocol
package import MCUbootImage

/// What a verified image says of itself.
package struct FirmwareImageFacts: Sendable, Hashable {
    package var version: ImageVersion
    /// Nil where the image has none.
    package var securityCounter: UInt32?
    /// The SHA-256 in the image, by which image management names it; not that of the file.
    package var hash: SHA256Hash

    package init(version: ImageVersion, securityCounter: UInt32?, hash: SHA256Hash) {
        self.version = version
        self.securityCounter = securityCounter
        self.hash = hash
    }

    package init(_ image: VerifiedImage) {
        guard let hash = SHA256Hash(bytes: image.hash) else {
            preconditionFailure("a verified image has a hash of 32 bytes")
        }
        self.init(version: image.header.version, securityCounter: image.facts.securityCounter, hash: hash)
    }
}
