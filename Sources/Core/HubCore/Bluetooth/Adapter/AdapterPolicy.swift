package import BluetoothProtocol

/// How an adapter must stand for as long as the hub uses it.
package enum AdapterPolicy {
    /// Low energy, Secure Connections and power are on; classic Bluetooth (BLURtooth) and debug keys are off.
    package static func isKept(by settings: ManagementSettings) -> Bool {
        settings.contains([.powered, .lowEnergy, .secureConnections])
            && settings.isDisjoint(with: [.classic, .debugKeys])
    }
}
