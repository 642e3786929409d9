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
    /// `signed-attestation` of this session; nil for a device without a certificate.
    var attestation: [UInt8]?
    /// The device says that it is this hub's.
    var isOurs = false
    /// The session has worked with it.
    var wasConnected = false
    var status: StatusResponse?
    /// Before the hub set the device's clock.
    var clockOffsetMilliseconds: Int64?
    /// Milliseconds since the device's boot at which the hub set its clock in this session; nil while it did not.
    var clockSetAtUptime: UInt64?

    var serial: DeviceSerial { identity.serial }

    /// Closed in a later boot than the one that attested: the device has restarted, and its link did not tell.
    func isOutlived(by payload: RecordPayload) -> Bool {
        payload.bootCounter > identity.bootCounter
    }

    /// What the device's clock was off by when it closed this record: nothing if that was after the hub had set it, nil if
    /// nobody has looked at its clock since it restarted.
    func clockOffset(of payload: RecordPayload) -> Int64? {
        if isOutlived(by: payload) { return nil }
        if let clockSetAtUptime, payload.bootCounter == identity.bootCounter,
            payload.closed.uptimeMilliseconds >= clockSetAtUptime
        {
            return 0
        }
        return clockOffsetMilliseconds
    }
}
