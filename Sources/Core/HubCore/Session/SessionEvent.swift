import CORProtocol

/// What a device session is told.
package enum SessionEvent: Sendable, Equatable {
    /// The link carries messages. `nonce` is 32 fresh random bytes for the challenge.
    case linkOpened(nonce: [UInt8])
    /// The outstanding request was answered with this CBOR map.
    case answered(payload: [UInt8])
    /// The outstanding request was answered with an error of the device.
    case refusedByDevice(code: Int64)
    /// The outstanding request was never answered: whether the device acted on it is uncertain.
    case unanswered
    /// The device spoke without being asked (firmware-specs/transport.md, events).
    case notified(command: UInt8, payload: [UInt8])
    /// The certificate chain was judged.
    case certificateJudged(DeviceCertificateVerdict)
    /// What the hub has of this device: the newest durable sequence, a record that was cut off half read, and whether a
    /// device of this serial number ever proved itself by a certificate.
    case recalled(newest: UInt64, interrupted: RecordFetch?, wasAttested: Bool)
    /// What `SessionEffect.store` carried is durable: fsync has returned.
    case stored
    /// What `SessionEffect.store` carried could not be kept, so nothing may be acknowledged.
    case notStored
    case timerFired(id: UInt64)
    case linkGone
}
