import CORProtocol
package import HubCore

extension StoreTransaction {
    /// Stores a device, in place of what was known of it.
    package func upsert(device: DeviceRow) throws(StoreFault) {
        try replace(
            .devices,
            [
                .text(device.serial.text), .text(device.model), .text(device.hardware), .text(device.firmware),
                .text(device.trust.rawValue), device.certificateThumbprint.map { .hash($0) } ?? .null,
                .time(device.firstSeen), .time(device.lastSeen),
                // Once the owner; registrations say it now.
                .integer(0),
                .optional(device.alias), .optional(device.subject?.text),
            ])
    }

    package func set(_ key: String, _ value: [UInt8]) throws(StoreFault) {
        try replace(.settings, [.text(key), .blob(value)])
    }
}
