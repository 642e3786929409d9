import CBORCoding
package import CORProtocol
package import HubCore

// Updates of firmware: one row a device, the newest update of it; and what local users have said about updates.
extension StoreReader {
    package func firmware(of serial: DeviceSerial) throws(StoreFault) -> FirmwareRecord? {
        try firmware(Self.firmwareSetting(serial))
    }

    /// Of all devices, by their serial numbers.
    package func firmwareRecords() throws(StoreFault) -> [FirmwareRecord] {
        var records: [FirmwareRecord] = []
        for row in try rows(.settings, "WHERE key >= 'firmware/' AND key < 'firmware0' ORDER BY key") {
            if let record = try firmware(row.keyText) { records.append(record) }
        }
        return records
    }

    /// Nil while nobody has said anything.
    package func firmwareSettings() throws(StoreFault) -> FirmwareSettings? {
        guard let bytes = try setting(Self.firmwareSettingsSetting) else { return nil }
        do {
            return try FirmwareSettings(decoding: bytes)
        } catch {
            throw .damaged(.shape(table: StoredTable.settings.name, key: Self.firmwareSettingsSetting))
        }
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

    private func firmware(_ key: String) throws(StoreFault) -> FirmwareRecord? {
        guard let bytes = try setting(key) else { return nil }
        do {
            return try FirmwareRecord(decoding: bytes)
        } catch {
            throw .damaged(.shape(table: StoredTable.settings.name, key: key))
        }
    }

    static let firmwareSettingsSetting = "firmware-settings"

    static func firmwareSetting(_ serial: DeviceSerial) -> String { "firmware/" + serial.text }
}

extension StoreTransaction {
    package func keep(_ record: FirmwareRecord) throws(StoreFault) {
        try set(Self.firmwareSetting(record.serial), record.encoded())
    }

    package func keep(_ settings: FirmwareSettings) throws(StoreFault) {
        try set(Self.firmwareSettingsSetting, settings.encoded())
    }
}
