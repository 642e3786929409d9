package import CORProtocol
package import FirmwareRollout
package import MCUbootImage

/// What the hub knows of a device that a rollout may reach.
package struct RolloutDevice: Sendable, Hashable {
    package var serial: DeviceSerial
    /// As the device's identity names them.
    package var model: String
    package var hardwareRevision: String
    /// What runs; nil where the device names no version.
    package var version: ImageVersion?
    package var securityCounter: SecurityCounters.Standing

    package init(
        serial: DeviceSerial, model: String, hardwareRevision: String, version: ImageVersion?,
        securityCounter: SecurityCounters.Standing = .unknown
    ) {
        self.serial = serial
        self.model = model
        self.hardwareRevision = hardwareRevision
        self.version = version
        self.securityCounter = securityCounter
    }

    package init(_ row: DeviceRow, securityCounter: SecurityCounters.Standing) {
        self.init(
            serial: row.serial, model: row.model, hardwareRevision: row.hardware, version: ImageVersion(row.firmware),
            securityCounter: securityCounter)
    }

    /// The lowest counter of an image that the device's boot loader would start; nil where that is not known.
    package var demandedCounter: UInt32? {
        if case .demands(let counter) = securityCounter { counter } else { nil }
    }

    /// Whether its boot loader would refuse the release for its security counter.
    package func refusesCounter(of release: ReleaseDescription) -> Bool {
        release.model == model && demandedCounter.map { release.securityCounter < $0 } ?? false
    }
}
