import CORProtocol

extension DeviceRow {
    /// What is seen now, beside what people said of the device and when it was first seen.
    package init(_ observation: DeviceObservation, known: DeviceRow?) {
        self.init(
            serial: observation.identity.serial, model: observation.identity.model,
            hardware: observation.identity.hardwareRevision, firmware: observation.identity.firmwareVersion,
            trust: observation.trust, certificateThumbprint: observation.certificateThumbprint,
            firstSeen: known?.firstSeen ?? observation.seen, lastSeen: observation.seen,
            alias: known?.alias, subject: known?.subject)
    }
}
