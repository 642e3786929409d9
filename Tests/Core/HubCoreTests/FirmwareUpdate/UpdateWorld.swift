import CORProtocol
import FirmwareRollout
import HubCore
import MCUbootImage
import SMPProtocol

/// An update with all that it meets: a device, a store that keeps or does not, timers, and faults at a chosen moment.
///
/// It checks from outside: what an effect depends on is durable before it, a refused image never runs, and the end is that of
/// the device.
struct UpdateWorld {
    enum Fault: String, Sendable, CaseIterable {
        case none
        /// The device refuses the next step.
        case stepRefused
        /// The next step is done, and its answer is lost.
        case answerLost
        case linkLost
        case devicePowerCut
        /// The device is away for ten days.
        case deviceAway
        case hubKilled
        case hubPowerCut
        /// The hub loses its power before the phase is durable.
        case hubPowerCutBeforeKeeping
        /// The store cannot keep the phase at first.
        case storeRefuses
        case clockForward
        case clockBack
        case measurementBegins
        case cancelled
    }

    static let serial: DeviceSerial = {
        guard let serial = DeviceSerial("COR1-TEST-0001") else { preconditionFailure("a serial number") }
        return serial
    }()

    private enum Item {
        case event(FirmwareUpdate.Event)
        case comeBack
        case measurementEnds
    }

    static func offer(consent: FirmwareOffer.Consent = .notNeeded) -> FirmwareOffer {
        FirmwareOffer(
            target: .init(name: "image.bin", sha256: .of([9]), length: 1_000),
            image: FirmwareImageFacts(
                version: ImageVersion(major: 2, minor: 0, revision: 0), securityCounter: 1, hash: .of([2])),
            origin: .rollout(id: "r1"), consent: consent)
    }

    let faultPhase: FirmwarePhase
    let fault: Fault
    var update: FirmwareUpdate
    var durable: FirmwareRecord?
    var device: TrialDevice
    var outcomes: [FirmwareOutcome] = []
    /// What was found wrong.
    var broken: [String] = []
    var phases: [FirmwarePhase] = []
    private var seconds = 0.0
    private var bootID: UInt8 = 7
    private var wallShift: Int64 = 0
    private var sync = ClockSync.synchronised
    private var queue: [(due: Double, item: Item)] = []
    private var isPresent = false
    private var isRunning = false
    private var hasFile = false
    private var hasStruck = false
    private var strikesStep = false
    private var losesAnswer = false

    init(_ behaviour: TrialDevice.Behaviour, _ fault: Fault, at phase: FirmwarePhase) {
        self.fault = fault
        faultPhase = phase
        device = TrialDevice(behaviour, wanted: Self.offer().image.hash)
        update = FirmwareUpdate(serial: Self.serial)
    }

    private var now: TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: bootID, count: 16), boottimeNanoseconds: UInt64(seconds * 1e9),
            wallMilliseconds: 1_780_315_200_000 + Int64(seconds * 1_000) + wallShift, sync: sync, rtcPresent: true)
    }

    private var status: StatusResponse {
        StatusResponse(
            batteryPercent: 80, hasExternalPower: false, temperatureMillidegrees: 20_000, isRunning: isRunning,
            cartridge: nil, faults: [], pendingCount: 0, newestSequence: 0)
    }

    /// Plays the whole of it; the phases stand in `phases`, the end in `outcomes`.
    mutating func play() {
        isPresent = true
        tell(.deviceSeen(status))
        tell(.offered(Self.offer(), metadataVersion: 1))
        var count = 0
        while !queue.isEmpty {
            count += 1
            guard count < 5_000 else {
                broken.append("it does not end")
                break
            }
            let index = queue.indices.min { queue[$0].due < queue[$1].due } ?? 0
            let next = queue.remove(at: index)
            seconds = max(seconds, next.due)
            switch next.item {
            case .event(let event): tell(event)
            case .comeBack:
                isPresent = true
                tell(.deviceSeen(status))
            case .measurementEnds:
                isRunning = false
                tell(.deviceSeen(status))
            }
        }
        if update.isRunning, queue.isEmpty { broken.append("it stands still in \(String(describing: durable?.phase))") }
        checkEnd()
    }

    private mutating func tell(_ event: FirmwareUpdate.Event) {
        perform(update.handle(event, at: now, under: FirmwareConditions()))
    }

    private mutating func perform(_ effects: [FirmwareUpdate.Effect]) {
        for effect in effects {
            switch effect {
            case .keep(let record, let draft, let events):
                if draft.type != .firmware || events.first?.type != record.phase.code {
                    broken.append("a trace differs")
                }
                let reports = events.dropFirst().compactMap(StateReport.init)
                if reports.count != (record.phase.isEnd ? 1 : 0) || events.count != reports.count + 1 {
                    broken.append("\(reports.count) reports with \(record.phase.code)")
                }
                if record.phase == faultPhase, !hasStruck, fault != .none {
                    hasStruck = true
                    if strike(record) { return }
                } else {
                    keep(record)
                }
            case .judge:
                after(0.1, .event(.judged(hasFile ? .accepted : .missing)))
            case .fetch:
                hasFile = true
                after(1, .event(.fetched(nil)))
            case .perform(let step, let action):
                begin(step, action)
            case .abandon(let step):
                queue.removeAll { if case .event(.stepEnded(step, _)) = $0.item { true } else { false } }
            case .startTimer(let id, let delay):
                after(delay / .seconds(1), .event(.timerFired(id: id)))
            case .tell: break
            case .report(let outcome): outcomes.append(outcome)
            }
        }
    }

    private mutating func keep(_ record: FirmwareRecord) {
        durable = record
        phases.append(record.phase)
    }

    /// What the fault does at the moment at which the phase is to be kept. True leaves the effects after it out.
    private mutating func strike(_ record: FirmwareRecord) -> Bool {
        switch fault {
        case .none: keep(record)
        case .stepRefused:
            keep(record)
            strikesStep = true
        case .answerLost:
            keep(record)
            losesAnswer = true
        case .linkLost:
            keep(record)
            leave(for: 5)
        case .deviceAway:
            keep(record)
            leave(for: 10 * 86_400)
        case .devicePowerCut:
            keep(record)
            device.boot()
            leave(for: 3)
        case .hubKilled, .hubPowerCut:
            keep(record)
            restartHub(powerCut: fault == .hubPowerCut)
            return true
        case .hubPowerCutBeforeKeeping:
            // Before anything of it is durable there is no update; the offer is made again.
            restartHub(powerCut: true)
            return true
        case .storeRefuses:
            tell(.notKept)
            return true
        case .clockForward:
            keep(record)
            wallShift = 10 * 365 * 86_400_000
        case .clockBack:
            keep(record)
            wallShift = -1_780_315_200_000
            sync = .never
        case .measurementBegins:
            keep(record)
            isRunning = true
            after(1_800, .measurementEnds)
            after(0, .event(.deviceSeen(status)))
        case .cancelled:
            keep(record)
            // A person is never faster than the effects that follow.
            after(0.01, .event(.timerFired(id: .max)))
            cancelsNext = true
        }
        return false
    }

    private var cancelsNext = false

    private mutating func leave(for duration: Double) {
        guard isPresent else { return }
        isPresent = false
        after(0, .event(.deviceWent))
        after(duration, .comeBack)
    }

    private mutating func restartHub(powerCut: Bool) {
        if powerCut {
            bootID += 1
            seconds = 0
        }
        queue = []
        update = FirmwareUpdate(serial: Self.serial, record: durable)
        isPresent = false
        after(0, .event(.started))
        after(2, .comeBack)
        if durable == nil { after(1, .event(.offered(Self.offer(), metadataVersion: 1))) }
    }

    private mutating func begin(_ id: UInt64, _ action: FirmwareAction) {
        check(action)
        if cancelsNext {
            cancelsNext = false
            // What is being reverted already goes on as it did.
            if let effects = try? update.request(.cancel, at: now, under: FirmwareConditions()), !effects.isEmpty {
                return perform(effects)
            }
        }
        guard isPresent else {
            return after(5, .event(.stepEnded(step: id, .failure(.unanswered))))
        }
        if strikesStep, action != .inspect {
            strikesStep = false
            return after(0.1, .event(.stepEnded(step: id, .failure(.refused(code: "struck", isPermanent: false)))))
        }
        if isRunning, action == .restart || action == .prove {
            return after(0.1, .event(.stepEnded(step: id, .failure(.busy))))
        }
        let result = device.perform(action)
        if losesAnswer, action != .inspect {
            losesAnswer = false
            if action == .restart { leave(for: 3) }
            return after(15, .event(.stepEnded(step: id, .failure(.unanswered))))
        }
        after(0.1, .event(.stepEnded(step: id, result)))
        if action == .restart { leave(for: 3) }
    }

    /// What has to be durable before the device is asked.
    private mutating func check(_ action: FirmwareAction) {
        let allowed: Set<FirmwarePhase> =
            switch action {
            case .inspect:
                [.waiting, .uploading, .marking, .rebooting, .proving, .confirming, .reverting]
            case .upload: [.uploading]
            case .mark: [.marking]
            case .restart: [.rebooting, .reverting]
            case .prove: [.proving, .reverting]
            case .confirm: [.confirming]
            }
        if let phase = durable?.phase, allowed.contains(phase) { return }
        broken.append("\(action) before its phase is durable: \(String(describing: durable?.phase))")
    }

    private mutating func checkEnd() {
        guard let end = durable?.phase.end else {
            broken.append("no end is durable: \(String(describing: durable?.phase))")
            return
        }
        if outcomes.map(\.end) != [end] { broken.append("told \(outcomes.map(\.end)), kept \(end)") }
        let runsNew = device.active == device.wanted
        if runsNew != (end == .confirmed) { broken.append("\(end), and the device runs \(runsNew ? "new" : "old")") }
        if !device.isConfirmed { broken.append("the device is left on trial") }
        if device.isPending { broken.append("the device is left with a marked image") }
        if runsNew, device.behaviour != .good { broken.append("an image that is not right stays") }
    }

    private mutating func after(_ delay: Double, _ item: Item) {
        queue.append((seconds + delay, item))
    }
}
