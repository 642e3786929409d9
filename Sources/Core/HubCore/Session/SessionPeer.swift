import COSESigning
import CORProtocol

/// The device at the other end, as far as it has proved itself.
struct SessionPeer: Sendable {
    var identity: IdentityResponse
    var trust: DeviceTrustLevel
    /// Nil for a device without a certificate, which only configuration allows.
    var key: COSEPublicKey?
    var certificateThumbprint: [UInt8]
    var status: StatusResponse?
    var clockOffsetMilliseconds: Int64?

    var serial: DeviceSerial { identity.serial }
}
