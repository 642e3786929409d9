import CORProtocol
import FirmwarePublisher
import FirmwareRollout
import HubCore
import MCUbootImage
import TestSupport

/// A fleet on virtual time: each hub has the product's schedule, evaluation and update machines, the publisher its gate. Between them
/// are a publisher's documents, reports that take their time, and devices of which some are bad and some are never reached.
///
/// First a bad release is rolled out, then, behind its pause, a good one.
package struct FleetSimulation {
    package struct Report: Sendable {
        /// What does not hold.
        package var problems: [String] = []
        package var news: [String] = []
        package var deviceCount = 0
        package var reachableCount = 0
        /// Devices that ever ran the bad release.
        package var badReleaseCount = 0
        package var attemptedWhenPaused = 0
        package var goodReleaseCount = 0
        package var goodExpectedCount = 0
        package var eventCount = 0
    }

    private enum Event {
        case hub(Int, MetadataSchedule.Event)
        case device(Int, FirmwareUpdate.Event)
        case step(Int, step: UInt64, FirmwareAction)
        case report(FirmwareEvent)
        case gate
        case begin(String)
    }

    private struct Hub {
        var schedule: MetadataSchedule
        var plan: RolloutPlan?
        var offers = RolloutOffers()
    }

    private static let old = FleetImage(ImageVersion(major: 1, minor: 0, revision: 0))
    private static let bad = FleetImage(ImageVersion(major: 1, minor: 1, revision: 0))
    private static let good = FleetImage(ImageVersion(major: 1, minor: 2, revision: 0))
    private static let days = 14.0
    /// What changes by time alone is looked at when it does; for the rest four times a day are enough.
    private static let schedulePolicy: MetadataSchedule.Policy = {
        var policy = MetadataSchedule.Policy()
        policy.assessInterval = .seconds(6 * 3_600)
        return policy
    }()
    private static let gateInterval = Duration.seconds(600)

    private let setup: FleetSetup
    private var generator: SeededGenerator
    private var queue = EventQueue<Event>()
    private var now = Duration.zero
    private var clock = SimulatedClock()
    private var hubs: [Hub] = []
    private var devices: [FleetDevice] = []
    private var downloaded: [Set<SHA256Hash>] = []
    private var publisher: FleetPublisher
    private var report = Report()

    package init(_ setup: FleetSetup) {
        self.setup = setup
        generator = SeededGenerator(seed: setup.seed)
        publisher = FleetPublisher(setup)
    }

    package mutating func run() throws -> Report {
        clock.boot(at: .zero, error: 0, sync: .synchronised, drift: 0)
        try makeFleet()
        queue.insert(.begin("bad"), at: .seconds(6 * 3_600))
        queue.insert(.gate, at: Self.gateInterval)
        let end = Duration.seconds(Self.days * 86_400)
        while let (time, event) = queue.popFirst(before: end) {
            now = time
            report.eventCount += 1
            try handle(event)
        }
        check()
        return report
    }

    private mutating func makeFleet() throws {
        var policy = FirmwarePolicy()
        // What waits looks seldom: nothing changes here but when a device comes, which is told.
        policy.lookInterval = .seconds(3_600)
        for hub in 0..<setup.hubCount {
            hubs.append(Hub(schedule: MetadataSchedule(policy: Self.schedulePolicy)))
            downloaded.append([])
            for number in 0..<setup.deviceCountPerHub {
                guard let serial = DeviceSerial("COR1-\(setup.seed)-\(hub)-\(number)") else { continue }
                let isBad = Int.random(in: 0..<100, using: &generator) < setup.badPercent
                let isOffline = Int.random(in: 0..<100, using: &generator) < setup.offlinePercent
                let badRelease: FleetDevice.Trial = Bool.random(using: &generator) ? .failsSelfTest : .crashes
                devices.append(
                    FleetDevice(
                        serial: serial, isOffline: isOffline, isBad: isBad, badRelease: badRelease, policy: policy,
                        running: Self.old))
            }
            queue.insert(.hub(hub, .started), at: .seconds(Double.random(in: 0..<86_400, using: &generator)))
        }
        for index in devices.indices where !devices[index].isOffline {
            queue.insert(.device(index, .deviceSeen(devices[index].status)), at: .zero)
        }
    }

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .hub(let hub, let event): try advance(hub, event)
        case .device(let device, let event): advance(device, event)
        case .step(let device, let step, let action): perform(action, step: step, on: device)
        case .report(let event): publisher.take(event)
        case .begin(let id):
            publisher.begin(id, id == "bad" ? Self.bad : Self.good, at: seconds)
        case .gate:
            let before = publisher.state(of: "bad")
            try publisher.look(at: seconds, day: now / .seconds(86_400))
            if before == .running, publisher.state(of: "bad") == .paused {
                report.attemptedWhenPaused = publisher.evidence(of: "bad").attempted
                queue.insert(.begin("good"), at: now + .seconds(86_400))
            }
            queue.insert(.gate, at: now + Self.gateInterval)
        }
    }

    private var seconds: Int64 { SimulatedClock.trueMilliseconds(at: now) / 1_000 }

    // MARK: - Hubs

    private mutating func advance(_ hub: Int, _ event: MetadataSchedule.Event) throws {
        let chance = Double.random(in: 0..<1, using: &generator)
        for effect in hubs[hub].schedule.handle(event, at: clock.block(at: now), chance: chance) {
            switch effect {
            case .startTimer(let id, let delay):
                queue.insert(.hub(hub, .timerFired(id: id)), at: now + delay)
            case .refresh:
                hubs[hub].plan = try publisher.plan(at: seconds)
                try advance(hub, .refreshEnded(failure: nil))
            case .assess:
                try assess(hub)
            }
        }
    }

    private mutating func assess(_ hub: Int) throws {
        let count = setup.deviceCountPerHub
        var assessments: [RolloutAssessment] = []
        for index in (hub * count)..<((hub + 1) * count) {
            let device = RolloutDevice(
                serial: devices[index].serial, model: FleetImage.model, hardwareRevision: "V1",
                version: devices[index].version)
            let assessment = RolloutAssessment(
                of: device, by: hubs[hub].plan, at: seconds, isClockTrusted: true)
            assessments.append(assessment)
            for event in hubs[hub].offers.update(
                assessment, metadataVersion: hubs[hub].plan?.metadataVersion ?? 0)
            {
                switch event {
                case .offered(_, let offer, let version):
                    advance(index, .offered(offer, metadataVersion: version))
                case .withdrawn(_, let id): advance(index, .withdrawn(rolloutID: id))
                }
            }
        }
        try advance(
            hub,
            .assessed(changesAt: RolloutAssessment.changesAt(assessments, by: hubs[hub].plan, after: seconds)))
    }

    // MARK: - Devices

    private mutating func advance(_ index: Int, _ event: FirmwareUpdate.Event) {
        let hub = index / setup.deviceCountPerHub
        let effects = devices[index].update.handle(event, at: clock.block(at: now), under: FirmwareConditions())
        for effect in effects {
            switch effect {
            case .keep(_, _, let events):
                for event in events where StateReport(event) != nil {
                    // A batch goes at once where the line is up, and up to half an hour later where it is not.
                    let delay = Duration.seconds(Double.random(in: 1..<1_800, using: &generator))
                    queue.insert(.report(event), at: now + delay)
                }
            case .tell, .abandon: continue
            case .judge(let offer):
                let isThere = downloaded[hub].contains(offer.target.sha256)
                advance(index, .judged(isThere ? .accepted : .missing))
            case .fetch(let target):
                downloaded[hub].insert(target.sha256)
                queue.insert(.device(index, .fetched(nil)), at: now + .seconds(20))
            case .perform(let step, let action):
                queue.insert(.step(index, step: step, action), at: now + Self.time(of: action))
            case .startTimer(let id, let delay):
                queue.insert(.device(index, .timerFired(id: id)), at: now + delay)
            case .report(let outcome):
                hubs[hub].offers.ended(outcome, of: devices[index].serial)
            }
        }
    }

    private static func time(of action: FirmwareAction) -> Duration {
        action == .upload ? .seconds(90) : .seconds(1)
    }

    private mutating func perform(_ action: FirmwareAction, step: UInt64, on index: Int) {
        guard let offer = devices[index].update.record?.offer else { return }
        let image = [Self.old, Self.bad, Self.good].first { $0.release.imageHash == offer.image.hash } ?? Self.old
        let trial: FleetDevice.Trial =
            if offer.image.hash == Self.bad.release.imageHash {
                devices[index].badRelease
            } else {
                devices[index].isBad ? .failsSelfTest : .works
            }
        let result = devices[index].perform(
            action, image: image, trial: trial, marksForGood: setup.brokenRule == .marksForGood)
        advance(index, .stepEnded(step: step, result))
        guard action == .restart else { return }
        advance(index, .deviceWent)
        queue.insert(.device(index, .deviceSeen(devices[index].status)), at: now + .seconds(20))
    }

    // MARK: - What has to hold

    private mutating func check() {
        report.news = publisher.news
        report.deviceCount = devices.count
        let reachable = devices.filter { !$0.isOffline }
        report.reachableCount = reachable.count
        report.badReleaseCount = devices.filter { $0.tried.contains(Self.bad.hash) }.count
        let sound = reachable.filter { !$0.isBad }
        report.goodExpectedCount = sound.count
        report.goodReleaseCount = sound.filter { $0.version == Self.good.release.description.version }.count

        if publisher.state(of: "bad") == .running { report.problems.append("the bad release was never paused") }
        let limit = FleetPublisher.limit.perTenThousand * reachable.count / 10_000
        if report.badReleaseCount > limit {
            report.problems.append(
                "\(report.badReleaseCount) devices ran the bad release, more than the failure limit of \(limit)")
        }
        if report.badReleaseCount < FleetPublisher.limit.attemptedMin {
            report.problems.append("the bad release was hardly tried: nothing is proven")
        }
        let bricked = devices.filter {
            !$0.isSettled || $0.version == Self.bad.release.description.version
        }
        if !bricked.isEmpty {
            report.problems.append("\(bricked.count) devices run no image that was confirmed, or the bad release")
        }
        if report.goodReleaseCount < sound.count {
            report.problems.append(
                "\(sound.count - report.goodReleaseCount) reachable devices do not run the good release")
        }
        let changed = devices.filter { $0.isOffline && $0.version != Self.old.release.description.version }
        if !changed.isEmpty { report.problems.append("\(changed.count) devices changed that nobody reaches") }
    }
}
