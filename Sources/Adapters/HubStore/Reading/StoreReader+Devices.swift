package import CORProtocol
package import HubCore

extension StoreReader {
    package func devices() throws(StoreFault) -> [DeviceRow] {
        var devices: [DeviceRow] = []
        for row in try rows(.devices, "ORDER BY serial") { devices.append(try device(row)) }
        return devices
    }

    package func device(_ serial: DeviceSerial) throws(StoreFault) -> DeviceRow? {
        guard let row = try row(.devices, "WHERE serial = ?", [.text(serial.text)]) else { return nil }
        return try device(row)
    }

    private func device(_ row: StoredRow) throws(StoreFault) -> DeviceRow {
        var row = row
        var device = DeviceRow(
            serial: try row.value(try row.text(), DeviceSerial.init),
            model: try row.text(), hardware: try row.text(), firmware: try row.text(),
            trust: try row.value(try row.text(), DeviceTrustLevel.init(rawValue:)),
            certificateThumbprint: try row.optionalHash(),
            firstSeen: try row.shape(TimeBlock.self), lastSeen: try row.shape(TimeBlock.self))
        _ = try row.integer()  // Once the owner.
        device.alias = try row.optionalText()
        device.subject = try row.optionalText().flatMap(SubjectID.init)
        return device
    }
}
