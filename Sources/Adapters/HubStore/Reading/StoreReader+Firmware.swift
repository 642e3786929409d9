import CBORCoding
package import CORProtocol
package import HubCore

// Updates of firmware: one row a device, the newest update of it; another for the security counter that the device demands; and what
// local users have said about updates.
extension StoreReader {
    package func firmware(of serial: DeviceSerial) throws(StoreFault) -> FirmwareRecord? {
        try setting(Self.firmwarePrefix + serial.text, as: FirmwareRecord.self)
    }

    /// Of all devices, by their serial numbers.
    package func firmwareRecords() throws(StoreFault) -> [FirmwareRecord] {
        try settings(below: Self.firmwarePrefix, as: FirmwareRecord.self)
    }

    /// Of all devices that have signed one, by their serial numbers.
    package func demandedCounters() throws(StoreFault) -> [DemandedCounter] {
        try settings(below: Self.counterPrefix, as: DemandedCounter.self)
    }

    /// Nil while nobody has said anything.
    package func firmwareSettings() throws(StoreFault) -> FirmwareSettings? {
        try setting(Self.firmwareSettingsSetting, as: FirmwareSettings.self)
    }

    /// What happened to a device's firmware, newest first. Events whose content was pruned are left out.
    package func firmwareEvents(of serial: DeviceSerial, countMax: Int) throws(StoreFault) -> [FirmwareEvent] {
        var events: [FirmwareEvent] = []
        for row in try rows(
            .firmwareEvents, "WHERE serial = ? AND payload_state = 1 ORDER BY item DESC LIMIT ?",
            [.text(serial.text), .integer(Int64(countMax))], withPayload: true)
        {
            events.append(try row.payloadShape(FirmwareEvent.self))
        }
        return events
    }

    static let firmwareSettingsSetting = "firmware-settings"
    static let firmwarePrefix = "firmware/"
    static let counterPrefix = "security-counter/"
}

extension StoreTransaction {
    package func keep(_ record: FirmwareRecord) throws(StoreFault) {
        try set(Self.firmwarePrefix + record.serial.text, record.encoded())
    }

    package func keep(_ demanded: DemandedCounter) throws(StoreFault) {
        try set(Self.counterPrefix + demanded.serial.text, demanded.encoded())
    }

    package func keep(_ settings: FirmwareSettings) throws(StoreFault) {
        try set(Self.firmwareSettingsSetting, settings.encoded())
    }
}
