import CORProtocol

/// What a device session is told.
package enum SessionEvent: Sendable, Equatable {
    /// The link carries messages. `nonce` is 32 fresh random bytes for the challenge.
    case linkOpened(nonce: [UInt8])
    /// The outstanding request was answered with this CBOR map.
    case answered(payload: [UInt8])
    /// The outstanding request was answered with an error of the device.
    ///
    /// `isOfProfile`: the code is one of group 64 (firmware-specs/constants.yaml), not of SMP itself.
    case refusedByDevice(code: Int64, isOfProfile: Bool = true)
    /// The outstanding request was never answered: whether the device acted on it is uncertain.
    case unanswered
    /// The device spoke without being asked (firmware-specs/transport.md, events).
    case notified(command: UInt8, payload: [UInt8])
    /// The certificate chain was judged.
    case certificateJudged(DeviceCertificateVerdict)
    /// What the hub has of this device.
    case recalled(KnownDevice)
    /// What `SessionEffect.keepRegistration` carried is durable.
    case registrationKept
    /// It could not be kept, so that nothing may follow from it.
    case registrationNotKept
    /// A person orders something; `.report` tells what becomes of it.
    case ordered(DeviceOrderID, DeviceOrder)
    /// The person takes it back.
    case orderWithdrawn(DeviceOrderID)
    /// The step that had the link is over.
    case stepEnded(Result<FirmwareStepResult, FirmwareStepFailure>)
    /// What `SessionEffect.store` carried is durable: fsync has returned.
    case stored
    /// What `SessionEffect.store` carried could not be kept, so nothing may be acknowledged.
    case notStored
    case timerFired(id: UInt64)
    case linkGone
}
