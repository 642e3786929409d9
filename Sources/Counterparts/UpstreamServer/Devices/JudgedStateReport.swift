import CORProtocol
import FirmwareRollout

/// A state report of a rollout with what its signature is worth.
struct JudgedStateReport: Sendable, Hashable {
    /// Why a report does not count. The raw values are told by `rollout status` and kept.
    enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The device has signed nothing.
        case unsigned
        /// The certificate, the signature, the serial number or the hub is not the right one.
        case refused
        /// What is signed names no state.
        case stateMissing = "state-missing"
        /// The device says something else than the hub.
        case contradicted
        /// The device is another hub's.
        case anotherHub = "another-hub"
        /// It is signed with another certificate than the one that the device is registered with.
        case certificateDiffers = "certificate-differs"
        /// It is older than one that was told before, or was told of another rollout.
        case replayed
    }

    enum Finding: Sendable, Hashable {
        case sound(Proof)
        case uncounted(Reason)
    }

    /// What the device signed.
    struct Proof: Sendable, Hashable {
        /// SHA-256 of the signed message.
        var hash: SHA256Hash
        /// Of the device's certificate.
        var thumbprint: SHA256Hash
        var runningHash: SHA256Hash
        var bootCounter: UInt32
        var uptimeMilliseconds: UInt64
    }

    var serial: DeviceSerial
    var report: StateReport
    var finding: Finding
}
