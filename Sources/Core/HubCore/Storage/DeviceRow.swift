package import CORProtocol

/// What the hub knows of one device. Whose it is stands in its `DeviceRegistration`.
package struct DeviceRow: Sendable, Hashable {
    package var serial: DeviceSerial
    package var model: String
    package var hardware: String
    package var firmware: String
    package var trust: DeviceTrustLevel
    /// SHA-256 of the device certificate; nil where the device has none.
    package var certificateThumbprint: SHA256Hash?
    package var firstSeen: TimeBlock
    package var lastSeen: TimeBlock
    /// What the household calls it; kept on the hub.
    package var alias: String?
    /// To whom its records belong when nothing else is said.
    package var subject: SubjectID?

    package init(
        serial: DeviceSerial, model: String, hardware: String, firmware: String, trust: DeviceTrustLevel,
        certificateThumbprint: SHA256Hash?, firstSeen: TimeBlock, lastSeen: TimeBlock,
        alias: String? = nil, subject: SubjectID? = nil
    ) {
        self.serial = serial
        self.model = model
        self.hardware = hardware
        self.firmware = firmware
        self.trust = trust
        self.certificateThumbprint = certificateThumbprint
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.alias = alias
        self.subject = subject
    }
}
