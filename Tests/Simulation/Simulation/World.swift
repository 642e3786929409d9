import CORProtocol
import COSESigning
import Crypto
import DeviceSimulator
import ESRAnalysis
import HubCore
import TestSupport

/// One history: a hub, its devices and its upstream in one synchronous loop on virtual time. The machines are the
/// product's own; what stands here is the world around them, and chance from a seed.
final class World {
    enum Happening {
        case boot(generation: Int)
        /// The agent alone.
        case start(generation: Int)
        case forwarder(Forwarder.Event, generation: Int)
        case look(generation: Int)
        case clockSet(boot: Int)
        case batchArrives(OutstandingBatch, generation: Int)
        case openSession(device: Int, generation: Int)
        case session(SessionEvent, device: Int, number: Int)
        case exchangeTimer(SMPTimerID, device: Int, number: Int)
        case toDevice([UInt8], device: Int)
        case toHub([UInt8], device: Int, number: Int)
        case deviceTick(device: Int)
        case fault(FaultPlan.Fault)
        case person
    }

    /// What the hub has of a device while it is linked; goes with its power.
    final class Conversation {
        let number: Int
        var session: DeviceSession
        var exchange: SMPExchange
        let openedAt: Duration
        var outcome = SessionOutcome()
        var requestCount: UInt64 = 0

        init(number: Int, openedAt: Duration, session: DeviceSession, exchange: SMPExchange) {
            self.number = number
            self.openedAt = openedAt
            self.session = session
            self.exchange = exchange
        }
    }

    let plan: FaultPlan
    let brokenRule: BrokenRule?
    var chance: Chance
    var queue = EventQueue<Happening>()
    var now: Duration = .zero
    let faultsEnd: Duration
    /// Without faults, until everything must rest. Each device measures twice in it, so that what is missing is seen, and
    /// the person looks twice.
    static let rest: Duration = .seconds(18 * 3_600)
    var hasFaults: Bool { now < faultsEnd }

    // The hub: what is on the disk, and what power keeps.
    let hub: HubID
    let hubKey: P256.Signing.PrivateKey
    let store: SimulatedStore
    var clock = SimulatedClock()
    var bootCount = 0
    /// One more with each start; what was meant for an earlier life is dropped.
    var generation = 0
    var forwarder: Forwarder?
    var policy: ForwardingPolicy
    /// Between two looks at a device.
    let pollInterval: Duration
    var trust = ClockTrust()
    var watch = ClockWatch()
    var quota = StorageQuota()
    var gauge: StorageGauge
    var shortage: DiskShortage?
    /// By device.
    var conversations: [Conversation?]
    var conversationCount = 0
    var ladders: [ReconnectLadder]
    var interrupted: [DeviceSerial: RecordFetch] = [:]
    let intake = RecordIntake(analyzer: ESRAnalyzer(), configurationHash: .zero)
    let retention: RetentionPolicy

    var devices: [SimulatedDevice]
    var upstream: SimulatedUpstream
    var outageUntil: Duration = .zero
    var image: SimulatedStore.Content?
    var backup: SimulatedUpstream.Tables?

    var problems: [String] = []
    /// Takes a line of what happens, for a reader of one history.
    var trace: ((String) -> Void)?
    var submissionCount = 0
    var cutAheadCount = 0
    var powerCutCount = 0
    var agentEndCount = 0
    var restoreCount = 0

    init(plan: FaultPlan, seed: UInt64, days: Int, brokenRule: BrokenRule? = nil) throws {
        self.plan = plan
        self.brokenRule = brokenRule
        chance = Chance(seed: seed)
        faultsEnd = .seconds(86_400 * days)
        guard let hub = HubID("hub-0001"), let epoch = Epoch(bytes: chance.bytes(count: 16)) else {
            preconditionFailure("names of the simulation")
        }
        self.hub = hub
        hubKey = try P256.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 9, count: 32))
        upstream = SimulatedUpstream(
            hub: hub, hubKey: .p256(hubKey.publicKey),
            key: try P256.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 8, count: 32)))
        store = SimulatedStore(epoch: epoch)
        policy = ForwardingPolicy()
        if plan.has(.metered) { policy.rawBytesPerDay = 6_000 }
        // Small batches, or a backlog that is never more than one of them.
        policy.batchLengthMax = [262_144, 20_000, 6_000][Int.random(in: 0..<3, using: &chance)]
        // As hubs are configured: some call often, others seldom.
        policy.heartbeat = .seconds(3_600 * [1, 1, 3, 6][Int.random(in: 0..<4, using: &chance)])
        pollInterval = .seconds([1_800, 3_600, 7_200][Int.random(in: 0..<3, using: &chance)])
        var retention = RetentionPolicy()
        retention.batches = .seconds(2 * 86_400)
        self.retention = retention
        if plan.has(.smallStore) {
            quota.lengthMax = Int.random(in: 60_000...300_000, using: &chance)
            quota.overwritesUnsentRuns = true
        }
        conversations = SimulatedDevice.identities.map { _ in nil }
        gauge = StorageGauge(quota: quota)
        ladders = SimulatedDevice.identities.map { _ in ReconnectLadder() }
        // A hospital's devices, or one at home.
        let isBusy = Bool.random(using: &chance)
        let interval = Duration.seconds(Int64.random(in: isBusy ? 3_600...10_800 : 10_800...28_800, using: &chance))
        // Some come after the faults: that records are missing is seen at the next one.
        let runCount = Int(faultsEnd / interval) + 2
        var devices: [SimulatedDevice] = []
        for identity in SimulatedDevice.identities {
            devices.append(
                SimulatedDevice(identity: identity, seed: chance.next(), runCount: runCount, interval: interval))
        }
        self.devices = devices
        upstream.knownDevices = Set(devices.map(\.identity.serial))
        store.forgetsOverwritten = brokenRule == .overwritesSilently
        store.usageNow = { [unowned self] in usage }
        upstream.forgetsEpochs = brokenRule == .upstreamForgetsEpochs
    }

    /// Lets the faults rage, then mends what a person would, and waits until nothing more comes.
    func run() throws {
        for device in devices.indices { act(devices[device].model.start(), of: device) }
        scheduleFaults()
        try attempt { try boot() }
        try pass(until: faultsEnd)
        try mend()
        let end = faultsEnd + Self.rest
        try pass(until: end)
        // The heartbeat's batch may be on its way just then; without faults it takes seconds.
        try pass(until: end + .seconds(120)) { !$0.isAtRest }
    }

    private var isAtRest: Bool {
        guard case .idle? = forwarder?.state else { return false }
        return true
    }

    private func pass(until end: Duration, while goesOn: (World) -> Bool = { _ in true }) throws {
        while goesOn(self) {
            guard let next = queue.popFirst(before: end) else {
                now = end
                return
            }
            now = max(now, next.at)
            try attempt { try happen(next.event) }
        }
    }

    /// A disk that fails ends the agent.
    private func attempt(_ step: () throws -> Void) throws {
        do {
            try step()
        } catch let fault as StoreFault {
            endAgent("\(fault)")
        }
    }

    func after(_ delay: Duration, _ happening: Happening) {
        queue.insert(happening, at: now + max(delay, .zero))
    }

    /// One chance in `count`, and only while there are faults and this one is on.
    func strikes(_ fault: FaultPlan.Fault, oneIn count: Int) -> Bool {
        hasFaults && plan.has(fault) && Int.random(in: 0..<count, using: &chance) == 0
    }

    func note(_ line: @autoclosure () -> String) {
        guard let trace else { return }
        trace("\(now.milliseconds / 1_000) s: \(line())")
    }

    func seconds(_ range: ClosedRange<Double>) -> Duration {
        .milliseconds(Int64(Double.random(in: range, using: &chance) * 1_000))
    }

    private func happen(_ happening: Happening) throws {
        switch happening {
        case .boot(let generation) where generation == self.generation: try boot()
        case .start(let generation) where generation == self.generation: try startAgent()
        case .forwarder(let event, let generation) where generation == self.generation: try tell(event)
        case .look(let generation) where generation == self.generation: try look()
        case .clockSet(let boot) where boot == bootCount: clock.set(at: now)
        case .batchArrives(let batch, let generation): try arrive(batch, generation: generation)
        case .openSession(let device, let generation) where generation == self.generation: open(device)
        case .session(let event, let device, let number): try tell(event, device: device, number: number)
        case .exchangeTimer(let id, let device, let number): exchange(.timerFired(id), device: device, number: number)
        case .toDevice(let bytes, let device): act(devices[device].model.handle(request: bytes, at: now), of: device)
        case .toHub(let bytes, let device, let number): hear(bytes, device: device, number: number)
        case .deviceTick(let device):
            devices[device].tickAt = nil
            act(devices[device].model.tick(at: now), of: device)
        case .fault(let fault): strike(fault)
        case .person: decide()
        case .boot, .start, .forwarder, .look, .clockSet, .openSession: return  // Of a life that is over.
        }
    }
}
