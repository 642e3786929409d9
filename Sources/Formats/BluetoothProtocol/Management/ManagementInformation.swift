/// The answer to Read Controller Information: 280 bytes, of which the names at the end are not kept.
package struct ManagementInformation: Sendable, Hashable {
    package static let byteCount = 280

    /// The public address; zero where the controller has none.
    package let address: BluetoothAddress
    /// The version of the Core Specification as the controller numbers it, 6 = 4.0, 8 = 4.2, 9 = 5.0.
    package let coreVersion: UInt8
    package let manufacturer: UInt16
    package let supported: ManagementSettings
    package let current: ManagementSettings

    package init(
        address: BluetoothAddress, coreVersion: UInt8, manufacturer: UInt16, supported: ManagementSettings,
        current: ManagementSettings
    ) {
        self.address = address
        self.coreVersion = coreVersion
        self.manufacturer = manufacturer
        self.supported = supported
        self.current = current
    }

    package init(decoding bytes: [UInt8]) throws(BluetoothError) {
        var reader = ByteReader(bytes)
        address = try BluetoothAddress(from: &reader)
        coreVersion = try reader.uint8("version")
        manufacturer = try reader.uint16("manufacturer")
        supported = ManagementSettings(rawValue: try reader.uint32("supported settings"))
        current = ManagementSettings(rawValue: try reader.uint32("current settings"))
        _ = try reader.bytes(3 + 249 + 11, "class and names")
        try reader.finish()
    }
}
