/// What the local user is asked, or shown, while a device pairs.
package enum PairingQuestion: Sendable, Hashable {
    /// Does the device show the same number, of six digits?
    case compare(number: UInt32)
    /// Which passkey does the device show?
    case enterPasskey
    /// This is to be typed on the device.
    case show(passkey: UInt32)
}

package enum PairingAnswer: Sendable, Hashable {
    case same
    case different
    case passkey(UInt32)
    /// The user gives up.
    case cancel
}
