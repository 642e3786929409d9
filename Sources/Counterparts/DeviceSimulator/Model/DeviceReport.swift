package import CORProtocol

/// What happened inside the device, for the person or the test that watches it.
package enum DeviceReport: Sendable, Hashable {
    case booted(counter: UInt32)
    case runStarted(cartridge: String, artefact: Artefact, minutes: Int, seed: UInt64)
    /// `truth` is the ESR in mm/h that the run was drawn for; only sedimentation runs have one.
    case recordClosed(sequence: UInt64, id: SHA256Hash, kind: RecordKind, truth: Double?, artefact: Artefact?)
    /// The ring was full, and the oldest record made room.
    case recordOverwritten(sequence: UInt64)
    case acknowledged(upTo: UInt64)
    case claimed(by: HubID)
    case owned(by: HubID)
    case released
    case clockSet(wallMilliseconds: Int64, before: Int64?)
    case live(isOn: Bool)
    case identify(seconds: Int)
    case selfTest(passed: Bool)
    case imageUploaded(version: String, length: Int, digestMatches: Bool?, receivedCount: Int)
    case imageMarked
    /// What the boot loader did with a marked image, or with one that was not confirmed.
    case imageSwapped(version: String)
    case imageReverted(version: String)
    case imageRefused
    case inRecovery
    case restarting
    case faultStruck(DeviceFault)
    case requestIgnored(reason: String)
    case commandRefused(reason: String)
    /// What should have been made durable was not; what depended on it was not done either.
    case storageFailed(reason: String)
}
