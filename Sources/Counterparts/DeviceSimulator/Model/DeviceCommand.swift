/// What a person at the device, or a test, does to it.
package enum DeviceCommand: Sendable, Hashable {
    /// Starts a run; without a seed, the device draws the next one of its own.
    case run(artefact: Artefact, minutes: Int, seed: UInt64?)
    /// Ends the run that is under way.
    case stop
    case pressButton
    /// The long press that takes the device from its owner.
    case holdButton
    case battery(percent: UInt8, hasExternalPower: Bool)
    /// Cuts the power for a moment.
    case reboot
    case fault(FaultOrder)
    case clearFaults
    /// The self-test fails on this item from now on; nil: it passes again.
    case breakPart(String?)
}
