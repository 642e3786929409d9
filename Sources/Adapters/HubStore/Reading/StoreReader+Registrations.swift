import CBORCoding
package import CORProtocol
package import HubCore

extension StoreReader {
    /// How far the hub is with owning a device; nil for one that was never this hub's.
    package func registration(of serial: DeviceSerial) throws(StoreFault) -> DeviceRegistration? {
        try registration(Self.registrationSetting(serial))
    }

    package func registrations() throws(StoreFault) -> [DeviceRegistration] {
        var found: [DeviceRegistration] = []
        for row in try rows(.settings, "WHERE key >= 'registration/' AND key < 'registration0' ORDER BY key") {
            if let registration = try registration(row.keyText) { found.append(registration) }
        }
        return found
    }

    /// The newest list of recalled devices, as the upstream signed it; nil before the first.
    package func recalls() throws(StoreFault) -> SignedRecallList? {
        guard let bytes = try setting(Self.recallsSetting) else { return nil }
        do {
            return try SignedRecallList(decoding: bytes)
        } catch {
            throw .damaged(.shape(table: StoredTable.settings.name, key: Self.recallsSetting))
        }
    }

    private func registration(_ key: String) throws(StoreFault) -> DeviceRegistration? {
        guard let bytes = try setting(key) else { return nil }
        do {
            return try DeviceRegistration(decoding: bytes)
        } catch {
            throw .damaged(.shape(table: StoredTable.settings.name, key: key))
        }
    }

    static let recallsSetting = "recalls"

    static func registrationSetting(_ serial: DeviceSerial) -> String { "registration/" + serial.text }
}

extension StoreTransaction {
    package func keep(_ registration: DeviceRegistration) throws(StoreFault) {
        try set(Self.registrationSetting(registration.serial), registration.encoded())
    }

    package func keep(_ recalls: SignedRecallList) throws(StoreFault) {
        try set(Self.recallsSetting, recalls.bytes)
    }
}
