package import CORProtocol
import SMPProtocol

/// A virtual COR One: requests, commands and the passing of time in, effects out.
///
/// It knows nothing of links, files or clocks of the world. Time is the simulation's, counted from its start; whoever
/// drives the model calls `tick` no later than `deadline`.
package struct DeviceModel: Sendable {
    enum Phase: Sendable, Hashable {
        case running
        /// Hears nothing until then.
        case restarting(until: Duration)
    }

    package let setup: DeviceSetup
    package internal(set) var bootCounter: UInt32
    package internal(set) var ownership: Ownership
    package internal(set) var records: RecordStore
    package internal(set) var images: ImageSlots
    package internal(set) var measurement: Measurement?
    package internal(set) var faults = DeviceFaults()
    /// Over which the request came that is answered.
    var requestLink: LinkKind
    var phase = Phase.running
    var clock: DeviceClock
    var plan: RunPlan
    var runCount: UInt64
    var batteryPercent: UInt8 = 87
    var hasExternalPower = true
    var brokenPart: String?
    var isLive = false
    /// Events carry a count of their own.
    var eventSequence: UInt8 = 0
    var buttonDeadline: Duration?
    /// When the image on trial crashes.
    var crashDeadline: Duration?
    /// What the boot loader did at the last start.
    var bootOutcome: BootLoader.Outcome
    /// The next start stays in the boot loader.
    var wantsRecovery = false
    /// Bytes that went to the flash since the battery last lost one per cent to it.
    var drainedLength = 0
    /// The first state report of this device's life in memory, for the fault that plays it again.
    var firstStateReport: [UInt8]?
    /// What a power cut left of a run; the next start closes it.
    var interruptedRun: InterruptedRun?

    /// A device that is switched on at the simulation's time 0, with what it remembers from before.
    package init(setup: DeviceSetup, snapshot: DeviceSnapshot = DeviceSnapshot(), records: [StoredRecord] = []) {
        self.setup = setup
        requestLink = setup.link
        bootCounter = snapshot.bootCounter &+ 1
        ownership = Ownership(owner: snapshot.owner)
        self.records = RecordStore(
            capacity: setup.recordCapacity, records: records, newestSequence: snapshot.newestSequence,
            acknowledgedSequence: snapshot.acknowledgedSequence)
        var memory = snapshot.images ?? ImageMemory(primary: .running(version: setup.firmwareVersion))
        // Being switched off and on is a start like any other.
        bootOutcome = BootLoader.start(&memory)
        images = ImageSlots(memory, slotLength: setup.slotLength, key: setup.bootKey)
        clock = DeviceClock(bootedAt: .zero - setup.uptimeAtStart)
        plan = setup.plan
        runCount = snapshot.runCount
    }

    /// What the device does when it comes up; the first effects of all.
    package func start() -> [DeviceEffect] {
        [.persist(snapshot), .report(.booted(counter: bootCounter))] + bootReports
    }

    /// Answers one request. What is no request gets no answer, as on a real device.
    ///
    /// - Parameter link: over which it came, where the device has several; it stands in attestations.
    package mutating func handle(
        request: [UInt8], over link: LinkKind? = nil, at now: Duration
    ) -> [DeviceEffect] {
        requestLink = link ?? setup.link
        var effects = tick(at: now)
        guard phase == .running else { return effects }
        let message: SMPMessage
        do throws(SMPError) {
            message = try SMPMessage(decoding: request)
        } catch {
            return effects + [.report(.requestIgnored(reason: error.description))]
        }
        guard !message.header.operation.isResponse else {
            return effects + [.report(.requestIgnored(reason: "it is a response"))]
        }
        guard request.count <= setup.messageLengthMax else {
            return effects + [.report(.requestIgnored(reason: "it is longer than the buffer"))]
        }
        let answer: SMPMessage
        do throws(SMPFailure) {
            answer = try respond(to: message, at: now, effects: &effects)
        } catch {
            answer = message.answered(error.shaped(for: message.header.version))
        }
        deliver(answer, effects: &effects)
        return effects
    }

    /// Does what time has brought.
    package mutating func tick(at now: Duration) -> [DeviceEffect] {
        var effects: [DeviceEffect] = []
        if case .restarting(let until) = phase {
            guard now >= until else { return [] }
            comeUp(at: until, effects: &effects)
        }
        if ownership.timePassed(to: now) {
            changed(.owner, effects: &effects)
        }
        if let buttonDeadline, now >= buttonDeadline {
            pressButton(effects: &effects)
        }
        if measurement == nil, let artefact = plan.takeDue(at: now) {
            startRun(artefact: artefact, minutes: plan.minutes, seed: nil, at: now, effects: &effects)
        }
        advanceMeasurement(to: now, effects: &effects)
        if let crashDeadline, now >= crashDeadline { crash(at: now, effects: &effects) }
        return effects
    }

    /// When `tick` has something to do next, as far as is known now.
    package var deadline: Duration? {
        if case .restarting(let until) = phase { return until }
        // While a measurement runs, the plan waits for its end.
        return [ownership.deadline, buttonDeadline, crashDeadline, measurement?.deadline ?? plan.deadline].compactMap {
            $0
        }.min()
    }

    /// Does what a person at the device, or a test, wants.
    package mutating func perform(_ command: DeviceCommand, at now: Duration) -> [DeviceEffect] {
        var effects = tick(at: now)
        switch command {
        case .run(let artefact, let minutes, let seed):
            startRun(artefact: artefact, minutes: minutes, seed: seed, at: now, effects: &effects)
        case .stop:
            endRun(.stopped, at: now, effects: &effects)
        case .pressButton:
            pressButton(effects: &effects)
        case .holdButton:
            if ownership.buttonHeld() { released(effects: &effects) }
        case .battery(let percent, let hasExternalPower):
            batteryPercent = min(percent, 100)
            self.hasExternalPower = hasExternalPower
            changed(.battery, effects: &effects)
        case .reboot:
            restart(at: now, effects: &effects)
        case .fault(let order):
            faults.set(order.fault, to: order.number)
            if order.fault == .sequenceBack, faults.isOn(.sequenceBack) {
                effects += [.discard(sequences: records.loseCounter()), .persist(snapshot)]
            }
        case .clearFaults:
            faults.clearAll()
        case .breakPart(let part):
            brokenPart = part
            changed(.fault, effects: &effects)
        }
        return effects
    }

    /// The device is switched off for good: a run that is under way is closed as far as it came.
    package mutating func switchOff(at now: Duration) -> [DeviceEffect] {
        var effects: [DeviceEffect] = []
        endRun(.power, at: now, effects: &effects)
        closeInterruptedRun(at: now, effects: &effects)
        return effects
    }

    package var snapshot: DeviceSnapshot {
        DeviceSnapshot(
            bootCounter: bootCounter, owner: ownership.owner, newestSequence: records.newestSequence,
            acknowledgedSequence: records.acknowledgedSequence, runCount: runCount, images: images.memory)
    }

    // MARK: - Requests

    private mutating func respond(
        to message: SMPMessage, at now: Duration, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> SMPMessage {
        if images.isInRecovery, message.header.group == SMPGroup.cor { throw SMPFailure(.notSupported) }
        switch message.header.group {
        case SMPGroup.os:
            return try respondOS(to: message, at: now, effects: &effects)
        case SMPGroup.image:
            return try respondImage(to: message, at: now, effects: &effects)
        case SMPGroup.cor:
            return try respondCOR(to: message, at: now, effects: &effects)
        default:
            throw SMPFailure(.notSupported)
        }
    }
}
