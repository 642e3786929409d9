package import CORProtocol
package import SMPProtocol

/// What a device session asks of its shell. Performed in order.
package enum SessionEffect: Sendable, Equatable {
    /// Send one request of group 64; exactly one is outstanding at a time.
    case request(SMPOperation, CORCommand, payload: [UInt8])
    /// The same for what must not be done twice: sent once, and awaited for so long.
    case requestOnce(SMPOperation, CORCommand, payload: [UInt8], within: Duration)
    case startTimer(id: UInt64, after: Duration)
    /// Judge the chain (X.509 DER, device certificate first) against the makers' trust anchors.
    case judgeCertificate(chain: [[UInt8]])
    /// Look up what the hub has of this device, then report `.recalled`.
    case recall(DeviceSerial)
    /// Keep all of this in one durable transaction, then report `.stored`.
    case store(DeviceDelivery)
    /// Keep this in one durable transaction with its audit entry, then report `.registrationKept`.
    case keepRegistration(DeviceRegistration, AuditDraft)
    /// The link is lent to this step: run it, then report `.stepEnded`. The session asks nothing meanwhile.
    case lend(DeviceOrderID, FirmwareStep)
    /// End the step that has the link, then report `.stepEnded`.
    case recallLink
    /// Tell whoever gave the order.
    case report(DeviceOrderID, DeviceOrderNews)
    /// Keep what is known of the device.
    case remember(DeviceObservation)
    case audit(AuditDraft)
    case publish(MonitorEvent)
    /// Nothing more is wanted of this link.
    case close(SessionEnd)
}
