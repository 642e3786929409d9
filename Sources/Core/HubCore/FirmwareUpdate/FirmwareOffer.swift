import CBORCoding
package import CORProtocol

/// One image for one device, and on what terms it may be installed: what a `FirmwareUpdate` is given.
///
/// Whoever makes an offer has judged the image or the metadata that name it; the update judges the file again before a byte
/// goes to the device.
package struct FirmwareOffer: Sendable, Hashable {
    /// Who wants it.
    package enum Origin: Sendable, Hashable {
        /// A local user gave the file.
        case file(actor: AuditActor)
        /// A signed rollout of this id, at most 64 bytes of UTF-8.
        case rollout(id: String)
    }

    /// The file, as signed metadata or the local user name it.
    package struct Target: Sendable, Hashable {
        /// Bytes of a file; no slot of a device is larger.
        package static let lengthMax = 8 << 20

        /// At most 256 bytes of UTF-8.
        package var name: String
        package var sha256: SHA256Hash
        /// Bytes.
        package var length: Int

        package init(name: String, sha256: SHA256Hash, length: Int) {
            self.name = name.clipped(toLength: 256)
            self.sha256 = sha256
            self.length = length
        }
    }

    /// Who has to agree before it begins.
    package enum Consent: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
        /// Nobody.
        case notNeeded = 0
        /// A local user, once for this image: `corhub firmware resume`.
        case asked = 1
    }

    /// When it may begin.
    package enum Window: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
        /// In the hub's maintenance window, in local time.
        case maintenance = 0
        /// At any time.
        case anytime = 1
    }

    package var target: Target
    package var image: FirmwareImageFacts
    package var requirements: FirmwareRequirements
    package var origin: Origin
    package var consent: Consent
    package var window: Window
    /// An older version than the running one is accepted; the security counter holds nevertheless.
    package var allowsDowngrade: Bool

    package init(
        target: Target, image: FirmwareImageFacts, requirements: FirmwareRequirements = FirmwareRequirements(),
        origin: Origin, consent: Consent = .notNeeded, window: Window = .maintenance, allowsDowngrade: Bool = false
    ) {
        self.target = target
        self.image = image
        self.requirements = requirements
        self.origin = origin
        self.consent = consent
        self.window = window
        self.allowsDowngrade = allowsDowngrade
    }
}
