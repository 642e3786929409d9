/// How often a halted or desynchronised device is set right before its port is reset.
package struct USBStallRecovery: Sendable, Equatable {
    package enum Step: Sendable, Equatable {
        /// Clear the halt of the endpoints; both sides begin with a new message.
        case clearHalts
        /// The device does not heal: reset its port, and begin anew with attestation.
        case resetPort
    }

    /// Halts cleared without a message from the device in between.
    package static let clearCountMax = 3

    private var clearCount = 0

    /// All that clearing can do was done, and no message has come since.
    package var isExhausted: Bool { clearCount >= Self.clearCountMax }

    package init() {}

    package mutating func stalled() -> Step {
        guard clearCount < Self.clearCountMax else { return .resetPort }
        clearCount += 1
        return .clearHalts
    }

    /// A whole message came: whatever was wrong is over.
    package mutating func recovered() {
        clearCount = 0
    }
}
