package import CORProtocol
package import MCUbootImage

/// What the hub knows of a device that a rollout may reach.
package struct RolloutDevice: Sendable, Hashable {
    package var serial: DeviceSerial
    /// As the device's identity names them.
    package var model: String
    package var hardwareRevision: String
    /// What runs; nil where the device names no version.
    package var version: ImageVersion?
    /// nil where it is not known.
    package var securityCounter: UInt32?

    package init(
        serial: DeviceSerial, model: String, hardwareRevision: String, version: ImageVersion?,
        securityCounter: UInt32? = nil
    ) {
        self.serial = serial
        self.model = model
        self.hardwareRevision = hardwareRevision
        self.version = version
        self.securityCounter = securityCounter
    }

    package init(_ row: DeviceRow, securityCounter: UInt32? = nil) {
        self.init(
            serial: row.serial, model: row.model, hardwareRevision: row.hardware, version: ImageVersion(row.firmware),
            securityCounter: securityCounter)
    }
}
