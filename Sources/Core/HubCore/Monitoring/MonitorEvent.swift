package import CORProtocol

/// Something that `corhub monitor` and `corhub reading watch` show as it happens. Never evidence, never personal.
package enum MonitorEvent: Sendable, Equatable {
    case deviceConnected(serial: DeviceSerial, link: LinkKind, address: String, trust: DeviceTrustLevel)
    /// It has proven who it is and is nobody's: it waits for `corhub device register`.
    case deviceUnclaimed(serial: DeviceSerial, link: LinkKind, address: String, trust: DeviceTrustLevel)
    /// A state that was reached, or a reason why the upstream has not agreed yet.
    case registrationChanged(serial: DeviceSerial, DeviceRegistration.State?, String?)
    case deviceRefused(address: String, refusal: SessionRefusal)
    case deviceGone(serial: DeviceSerial?, address: String, reason: String)
    case deviceStatus(serial: DeviceSerial, StatusResponse)
    case clockSet(serial: DeviceSerial, offsetMilliseconds: Int64?)
    /// A sample of a measurement that still runs; a hint, unsigned.
    case liveSample(serial: DeviceSerial, LiveEvent)
    /// An estimate from live samples; never stored, never forwarded.
    case liveEstimate(serial: DeviceSerial, cartridge: String, LiveEstimate)
    case recordReading(serial: DeviceSerial, sequence: UInt64, offset: Int, length: Int)
    case recordStored(serial: DeviceSerial, sequence: UInt64, recordID: SHA256Hash, kind: RecordKind)
    case recordRefused(serial: DeviceSerial, sequence: UInt64, reason: RecordRefusalReason)
    case recordAcknowledged(serial: DeviceSerial, upTo: UInt64)
    case gapNoted(serial: DeviceSerial, missing: ClosedRange<UInt64>)
    /// Nobody is assigned to the run yet, so nothing is made of it.
    case resultWaits(recordID: SHA256Hash)
    case resultMade(recordID: SHA256Hash, AnalysisResult)
    case batchCut(epoch: Epoch, sequence: UInt64, itemCount: Int, length: Int)
    case batchWaits(epoch: Epoch, sequence: UInt64, after: Duration, reason: String)
    case receiptAccepted(epoch: Epoch, sequence: UInt64, leafIndex: UInt64?)
    case receiptRefused(epoch: Epoch, sequence: UInt64, reason: String)
    /// A phase that is durable, and why, where there is a reason.
    case firmwareChanged(serial: DeviceSerial, FirmwarePhase, reason: String)
    case pruned(recordCount: Int, batchCount: Int)
    case alarm(String)
}
