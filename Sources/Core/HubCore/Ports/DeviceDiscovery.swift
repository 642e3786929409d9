package import CORProtocol

/// A device that seems to be within reach of one kind of link. What it says of itself is a claim until it is attested.
package struct DiscoveredDevice: Sendable, Hashable {
    package var kind: LinkKind
    /// As people write it, for example "usb:COR1-0001" or "ble:C0:01:02:03:04:05".
    package var address: String
    /// The serial number that the device claims, where the kind of link tells one.
    package var serial: String?
    /// The name that the device claims.
    package var name: String?
    /// Received signal strength in dBm; BLE only.
    package var signalStrength: Int?
    /// Bus and port numbers, for example "1-2.4"; USB only.
    package var portPath: String?

    package init(
        kind: LinkKind, address: String, serial: String? = nil, name: String? = nil, signalStrength: Int? = nil,
        portPath: String? = nil
    ) {
        self.kind = kind
        self.address = address
        self.serial = serial
        self.name = name
        self.signalStrength = signalStrength
        self.portPath = portPath
    }
}

package enum DiscoveryEvent: Sendable, Hashable {
    /// Told again when something that is known of the device has changed.
    case found(DiscoveredDevice)
    case lost(address: String)
    /// A device that has our identity and is not worked with, for example since it adds a keyboard to itself.
    case refused(DiscoveredDevice, reason: String)
    /// Nothing can be discovered at present; the reason says what to do. Discovery goes on by itself once it can.
    case unavailable(reason: String)
    case available
}

/// Watches for devices on one kind of link, from before the start on: what is there is told first.
package protocol DeviceDiscovery: Sendable {
    var kind: LinkKind { get }

    /// Called once. `handler` gets events one at a time and in order, never from within a call.
    func start(_ handler: @escaping @Sendable (DiscoveryEvent) -> Void)

    /// Ends the watch; no event follows.
    func close()
}
