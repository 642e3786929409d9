package import CORProtocol

/// What a virtual device is made of and how it behaves, as far as that stays while it runs.
package struct DeviceSetup: Sendable {
    package var identity: DeviceIdentity
    /// The link as the device sees it: it stands in attestations.
    package var link: LinkKind
    package var model = "COR One (virtual)"
    package var hardwareRevision = "V1"
    package var firmwareVersion = "1.0.0"
    package var capabilities = ["esr", "live", RecordAcknowledgeRequest.proofCapability, AttestRequest.stateCapability]
    /// What the device tells as buf_size: bytes of the largest request, header and framing included.
    package var bufferSize = 61_440
    /// Bytes of a buffer that the link's framing takes for itself.
    package var framingLength = 0
    /// How many requests may be outstanding.
    package var bufferCount = 8
    /// Bytes of an image slot.
    package var slotLength = 4 << 20
    /// With which images must be signed; nil lets the boot loader look at hashes only.
    package var bootKey: BootKey?
    /// What a start takes longer when the boot loader exchanges the slots.
    package var swapDuration = Duration.milliseconds(200)
    /// Records that the ring holds.
    package var recordCapacity = 256
    /// How many times faster than life a measurement passes.
    package var speed = 1.0
    /// Where the draws of the runs begin.
    package var seed: UInt64
    package var plan = RunPlan()
    /// From the reset to the first answer after it.
    package var restartDuration = Duration.milliseconds(300)
    /// The button presses itself this long after a claim; nil waits for somebody to press it.
    package var buttonDelay: Duration?
    /// How long a late answer takes: longer than anybody waits.
    package var lateAnswerDelay = Duration.seconds(10)

    /// Bytes of the largest message, either way.
    package var messageLengthMax: Int { bufferSize - framingLength }

    package init(identity: DeviceIdentity, link: LinkKind, seed: UInt64) {
        self.identity = identity
        self.link = link
        self.seed = seed
    }

    /// The device had been on for so long when the simulator started. A run that passes faster than life is dated back
    /// by its own duration, and must not begin before the device's boot.
    package var uptimeAtStart: Duration {
        speed > 1 ? .seconds(2 * 3_600) : .zero
    }
}
