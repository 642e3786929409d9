import CBORCoding
package import CORProtocol

/// What an update came to, for whoever made the offer. Each offer that was accepted has one outcome, in the end. The last one of each
/// device is told again at each start of the hub, since a power cut may have come between its being durable and being told.
package struct FirmwareOutcome: Sendable, Hashable {
    package enum End: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
        /// The device runs the new image, and it is confirmed.
        case confirmed = 1
        /// The new image was tried and did not prove itself; the device runs the one before again. Permanent.
        case reverted = 2
        /// Nothing of the device's or the image's: it may be offered again at any time, and does not count against a rollout.
        case failedTransiently = 3
        /// The same image is not tried on this device again until it is offered by newer metadata.
        case failedPermanently = 4
        /// Somebody took it back before it was tried; does not count against a rollout.
        case cancelled = 5

        /// Whether it counts as a failure of a rollout: failures / attempted.
        package var countsAsFailure: Bool { self == .reverted || self == .failedPermanently }
        /// Whether the device was tried with the image at all.
        package var countsAsAttempt: Bool { self == .confirmed || countsAsFailure }
    }

    package var offer: FirmwareOffer
    package var end: End
    /// Stable, machine-readable; at most 64 bytes.
    package var reason: String
    package var time: TimeBlock

    package init(offer: FirmwareOffer, end: End, reason: String, time: TimeBlock) {
        self.offer = offer
        self.end = end
        self.reason = reason.clipped(toLength: 64)
        self.time = time
    }
}
