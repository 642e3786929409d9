package import CORProtocol

/// What the hub has of a device when a session with it begins.
package struct KnownDevice: Sendable, Equatable {
    /// Up to here every record is durable or named as a gap.
    package var newestSequence: UInt64
    /// A record that was cut off half read.
    package var interrupted: RecordFetch?
    /// A device of this serial number proved itself by a certificate before.
    package var wasAttested: Bool
    package var registration: DeviceRegistration.State?
    /// Why the device must not be used; nil for one that may.
    package var recall: DeviceRecall?

    package init(
        newestSequence: UInt64 = 0, interrupted: RecordFetch? = nil, wasAttested: Bool = false,
        registration: DeviceRegistration.State? = nil, recall: DeviceRecall? = nil
    ) {
        self.newestSequence = newestSequence
        self.interrupted = interrupted
        self.wasAttested = wasAttested
        self.registration = registration
        self.recall = recall
    }
}
