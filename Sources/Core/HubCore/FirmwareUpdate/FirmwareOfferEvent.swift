package import CORProtocol

/// What whoever chooses images says of a device. The update machines hear it, and answer with a `FirmwareOutcome` in the end.
package enum FirmwareOfferEvent: Sendable, Hashable {
    /// Install this. An offer that equals the one under way changes nothing; another one replaces one that has not been sent to
    /// the device yet, and is refused with `FirmwareOutcome.End.failedTransiently` ("busy") afterwards.
    ///
    /// - Parameter metadataVersion: of the signed metadata that the offer stands in; a permanent failure of the same image is
    ///   only tried again under a higher one. 0 for a file.
    case offered(DeviceSerial, FirmwareOffer, metadataVersion: UInt64)
    /// No new installs from this rollout: what has not begun to be sent to the device ends as cancelled; what has begun is
    /// finished or reverted.
    case withdrawn(DeviceSerial, rolloutID: String)
}
