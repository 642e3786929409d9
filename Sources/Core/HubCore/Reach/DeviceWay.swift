package import CORProtocol

/// A device as a session has shown it. One without a certificate is never taken for one that proved its serial number.
package struct ReachedDevice: Sendable, Hashable {
    package var serial: DeviceSerial
    package var trust: DeviceTrustLevel

    package init(serial: DeviceSerial, trust: DeviceTrustLevel) {
        self.serial = serial
        self.trust = trust
    }
}

/// One link that may lead to a device, and what the hub does with it.
struct DeviceWay: Sendable {
    enum State: Sendable, Equatable {
        /// Another link to the same device is used.
        case hidden
        /// It is tried again when this timer fires.
        case waiting(timer: UInt64)
        /// A session runs that does not yet know its device.
        case open
        /// The session knows its device and waits until it may work with it.
        case attested(ReachedDevice)
        case admitted(ReachedDevice)
        /// The session was told to end, since a better link leads to its device.
        case superseded(ReachedDevice)
    }

    let address: String
    let kind: LinkKind
    /// It is tried whether or not something was discovered there.
    var isConfigured = false
    /// What discovery last told of it; nil where that is nothing, or that it is gone.
    var discovered: DiscoveredDevice?
    var state = State.hidden
    /// The device that the last session over this link has shown.
    var known: ReachedDevice?
    var ladder = ReconnectLadder()

    /// Whether a session runs over it.
    var isRunning: Bool {
        switch state {
        case .hidden, .waiting: false
        case .open, .attested, .admitted, .superseded: true
        }
    }

    var isWanted: Bool { isConfigured || discovered != nil }

    /// Whether it leads to this device, as far as it was proven, or else as it is claimed. A claim counts only where it
    /// names a device that has proven its own, so that none without a certificate can keep the true one away.
    func seemsToLead(to device: ReachedDevice) -> Bool {
        known.map { $0 == device } ?? (device.trust == .attested && discovered?.serial == device.serial.text)
    }
}
