import CBORCoding
package import CORProtocol
package import HubCore

extension StoreReader {
    /// How far the hub is with owning a device; nil for one that was never this hub's.
    package func registration(of serial: DeviceSerial) throws(StoreFault) -> DeviceRegistration? {
        try setting(Self.registrationPrefix + serial.text, as: DeviceRegistration.self)
    }

    package func registrations() throws(StoreFault) -> [DeviceRegistration] {
        try settings(below: Self.registrationPrefix, as: DeviceRegistration.self)
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

    static let recallsSetting = "recalls"
    static let registrationPrefix = "registration/"
}

extension StoreTransaction {
    package func keep(_ registration: DeviceRegistration) throws(StoreFault) {
        try set(Self.registrationPrefix + registration.serial.text, registration.encoded())
    }

    package func keep(_ recalls: SignedRecallList) throws(StoreFault) {
        try set(Self.recallsSetting, recalls.bytes)
    }
}
