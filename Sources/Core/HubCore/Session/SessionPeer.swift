import CORProtocol
import COSESigning

/// The device at the other end, as far as it has proved itself.
struct SessionPeer: Sendable {
    var identity: IdentityResponse
    var trust: DeviceTrustLevel
    /// Nil for a device without a certificate, which only configuration allows.
    var key: COSEPublicKey?
    /// SHA-256 of the device certificate; nil where there is none.
    var certificateThumbprint: SHA256Hash?
    var status: StatusResponse?
    var clockOffsetMilliseconds: Int64?

    var serial: DeviceSerial { identity.serial }
}
