package import CBORCoding
package import CORProtocol

/// What local users have said about updates on this hub: when, and not now. Kept in the store.
package struct FirmwareSettings: CBORShape, Sendable, Hashable {
    /// Somebody holds updates back.
    package struct Inhibit: Sendable, Hashable {
        /// Given by whoever set it, 1 to 64 bytes; names one.
        package var name: String
        /// Nil holds back all devices.
        package var serial: DeviceSerial?
        /// ms since 1970; nil until it is removed.
        package var until: Int64?

        package init(name: String, serial: DeviceSerial?, until: Int64?) {
            self.name = name
            self.serial = serial
            self.until = until
        }
    }

    package static let inhibitCountMax = 32

    /// Nil: at any time.
    package var window: MaintenanceWindow?
    package var inhibits: [Inhibit]

    package init(window: MaintenanceWindow? = .nightly, inhibits: [Inhibit] = []) {
        self.window = window
        self.inhibits = inhibits
    }

    /// What holds for one device now.
    ///
    /// - Parameter zone: nil where the hub's zone cannot be told.
    package func conditions(for serial: DeviceSerial, at now: TimeBlock, in zone: TimeZoneFile?) -> FirmwareConditions {
        let held = inhibits.filter { inhibit in
            (inhibit.serial == nil || inhibit.serial == serial)
                // A clock that nobody trusts ends nothing.
                && (inhibit.until.map { now.sync == .never || now.wallMilliseconds < $0 } ?? true)
        }
        return FirmwareConditions(window: windowState(at: now, in: zone), inhibits: held.map(\.name))
    }

    /// Whether updates may begin by the window; open where there is none.
    ///
    /// - Parameter zone: nil where the hub's zone cannot be told.
    package func windowState(at now: TimeBlock, in zone: TimeZoneFile?) -> FirmwareConditions.Window {
        guard let window else { return .open }
        guard now.sync != .never, let zone else { return .unknown }
        return window.state(at: now.wallMilliseconds, in: zone)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let offset = decoder.offset
        var window: MaintenanceWindow??
        var inhibits: [Inhibit]?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: window = .some(try value.decodeNullIfPresent() ? nil : try MaintenanceWindow(from: &value))
            case 2: inhibits = try value.decodeArray { (item) throws(CBORError) in try Inhibit(from: &item) }
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let window, let inhibits else { throw .missingKey(of: "firmware-settings", offset: offset) }
        self.init(window: window, inhibits: inhibits)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        if let window { encoder.encode(window) } else { encoder.encodeNull() }
        encoder.encode(2)
        encoder.beginArray(count: inhibits.count)
        for inhibit in inhibits { encoder.encode(inhibit) }
    }
}

extension FirmwareSettings.Inhibit: CBORShape {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 3) { (decoder) throws(CBORError) in
            FirmwareSettings.Inhibit(
                name: try decoder.decodeText(),
                serial: try decoder.decodeNullIfPresent() ? nil : try DeviceSerial(from: &decoder),
                until: try decoder.decodeNullIfPresent() ? nil : try decoder.decodeInt64())
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 3)
        encoder.encode(name)
        if let serial { encoder.encode(serial) } else { encoder.encodeNull() }
        if let until { encoder.encode(until) } else { encoder.encodeNull() }
    }
}
