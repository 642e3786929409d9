/// Why BLE is off. The other links go on.
package enum AdapterObstacle: Sendable, Hashable {
    case ownedByDaemon(String)
    case ownerHidden
    case kernelHazard(release: String)
    case socketUnavailable(code: Int32)
    case noAdapter
    /// The adapter lacks what the hub insists on.
    case unfit(missing: String)
    case permissionMissing
    case blockedByRadioSwitch
    /// It did not answer, nor after it was set up anew.
    case silent
    /// A set-up command was refused.
    case setUpRefused(String)
    /// Something else changes the adapter's settings again and again.
    case foughtOver

    /// Stable, for logs and `--json`.
    package var code: String {
        switch self {
        case .ownedByDaemon: "owned-by-daemon"
        case .ownerHidden: "owner-hidden"
        case .kernelHazard: "kernel-hazard"
        case .socketUnavailable: "socket-unavailable"
        case .noAdapter: "no-adapter"
        case .unfit: "unfit"
        case .permissionMissing: "permission-missing"
        case .blockedByRadioSwitch: "blocked-by-radio-switch"
        case .silent: "silent"
        case .setUpRefused: "set-up-refused"
        case .foughtOver: "fought-over"
        }
    }

    /// When it is looked again whether it is still there. What tells by an event is looked at seldom.
    package var retryDelay: Duration {
        switch self {
        case .ownedByDaemon, .ownerHidden, .noAdapter, .socketUnavailable, .foughtOver: .seconds(60)
        case .silent, .setUpRefused: .seconds(20)
        case .kernelHazard, .unfit, .permissionMissing, .blockedByRadioSwitch: .seconds(300)
        }
    }
}

extension AdapterObstacle: CustomStringConvertible {
    /// One sentence for people: what is wrong and what to do.
    package var description: String {
        switch self {
        case .ownedByDaemon(let name):
            "BLE is off: \(name) runs and an adapter has one owner; stop it (systemctl disable --now bluetooth) or use USB"
        case .ownerHidden:
            "BLE is off: other processes are hidden from corhub, so it cannot be told whether bluetoothd runs; "
                + "let the unit see /sys/fs/cgroup, or set ProtectProc=default"
        case .kernelHazard(let release):
            "BLE is off: kernel \(release) crashes when a Bluetooth device has lost its key; install 6.1.190 or older, or 6.12"
        case .socketUnavailable(let code):
            "BLE is off: there is no Bluetooth management socket (error \(code)); the kernel needs the module bluetooth, "
                + "and the service AF_BLUETOOTH and the host's network namespace"
        case .noAdapter:
            "BLE is off: there is no Bluetooth adapter"
        case .unfit(let missing):
            "BLE is off: the adapter or the kernel lacks \(missing)"
        case .permissionMissing:
            "BLE is off: corhub needs CAP_NET_ADMIN to manage the adapter"
        case .blockedByRadioSwitch:
            "BLE is off: the radio is blocked; see rfkill list"
        case .silent:
            "BLE is off for now: the adapter does not answer; it is tried again, or unplug it and plug it in"
        case .setUpRefused(let what):
            "BLE is off for now: the adapter could not be set up: \(what)"
        case .foughtOver:
            "BLE is off: another program changes the adapter's settings; an adapter has one owner"
        }
    }
}
