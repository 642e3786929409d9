import BluetoothProtocol
package import CORProtocol
import Glibc
package import HubCore
package import NIOCore
import Synchronization

/// The Bluetooth adapter of this hub: performs what `BluetoothAdapter` decides, and lends the adapter's links their thread.
///
/// Safe because everything but what `shared` locks is touched on the thread only.
package final class BluetoothHost: DeviceLinkHost, @unchecked Sendable {
    package struct Configuration: Sendable {
        /// Where the bonds file lies; the folder is there.
        package var folder: String
        package var usesPrivacy: Bool
        package var allowsHazardousKernel: Bool
        /// How long a link awaits a device that is away; nil for as long as it takes.
        package var awaitLimit: Duration?
        /// Whether devices without a bond are told, too.
        package var tellsStrangers: Bool

        package init(
            folder: String, usesPrivacy: Bool = true, allowsHazardousKernel: Bool = false, awaitLimit: Duration? = nil,
            tellsStrangers: Bool = true
        ) {
            self.tellsStrangers = tellsStrangers
            self.folder = folder
            self.usesPrivacy = usesPrivacy
            self.allowsHazardousKernel = allowsHazardousKernel
            self.awaitLimit = awaitLimit
        }
    }

    package let kind = LinkKind.ble
    let service: BluetoothUUID
    let characteristic: BluetoothUUID

    private struct Shared {
        var thread: BluetoothThread?
        var obstacle: String?
        var isClosed = false
    }

    private let configuration: Configuration
    private let file: BondsFile
    private let audit: @Sendable (AdapterAuditNote) -> Void
    private let shared = Mutex(Shared())

    /// For use on itself only.
    private(set) var thread: BluetoothThread?
    var adapter: BluetoothAdapter?
    private var socket: BluetoothSocket?
    private var buffer = [UInt8](repeating: 0, count: ManagementEvent.packetLengthMax + 1)
    /// Whoever watches: the agent has two, one for links and one for what is to be said.
    private var discoveryHandlers: [@Sendable (DiscoveryEvent) -> Void] = []
    var pairingHandler: (@Sendable (BluetoothPairingEvent) -> Void)?
    var pairingAsker: ObjectIdentifier?
    var unpairHandler: (@Sendable (Bool) -> Void)?
    /// Links may be opened to these; nil while the adapter is not ready.
    private var permitted: BluetoothBondList?
    /// Started, and waiting for the adapter.
    private var waiting: [(link: BLEDeviceLink, device: BluetoothAddress)] = []
    private var links: [ObjectIdentifier: BLEDeviceLink] = [:]
    /// Of them, those whose device is not reached yet.
    private var awaited: Set<ObjectIdentifier> = []

    /// - Parameter audit: notes what happens to pairings; called on the host's thread, must not block.
    package init(_ configuration: Configuration, audit: @escaping @Sendable (AdapterAuditNote) -> Void = { _ in }) {
        self.configuration = configuration
        self.audit = audit
        file = BondsFile(folder: configuration.folder)
        do {
            service = try BluetoothUUID(CORTransport.smpService)
            characteristic = try BluetoothUUID(CORTransport.smpCharacteristic)
        } catch {
            preconditionFailure("the UUIDs of firmware-specs/constants.yaml are UUIDs: \(error)")
        }
    }

    /// Why BLE is off, in one sentence; nil while it is on or nobody has asked for it yet.
    package var obstacle: String? { shared.withLock { $0.obstacle } }

    /// Somebody has asked for the adapter.
    var isInUse: Bool { shared.withLock { $0.thread != nil } }

    package func start(_ handler: @escaping @Sendable (DiscoveryEvent) -> Void) {
        onThread { host in
            host.discoveryHandlers.append(handler)
            // What is known already is told first.
            if let obstacle = host.obstacle { handler(.unavailable(reason: obstacle)) }
            host.advance(.scanWanted(true))
        } orElse: {
            handler(.unavailable(reason: "BLE is off: \($0)"))
        }
    }

    package func close() {
        let thread = shared.withLock { shared in
            shared.isClosed = true
            return shared.thread
        }
        thread?.post { [self] in
            discoveryHandlers = []
            pairingHandler = nil
            for link in Array(links.values) { link.refuse(.closed) }
            for (link, _) in waiting { link.refuse(.closed) }
            dropSocket()
        }
        thread?.stop()
    }

    package func link(
        to address: LinkAddress, on eventLoop: any EventLoop
    ) throws(LinkAddressError) -> any DeviceLink {
        guard case .ble(let text) = address else { throw .kindUnsupported(address.kind) }
        let device: BluetoothAddress
        do {
            device = try BluetoothAddress(text)
        } catch {
            throw .malformed("ble:\(text)", expected: "ble:XX:XX:XX:XX:XX:XX")
        }
        return BLEDeviceLink(device: device, host: self, on: eventLoop, awaitLimit: configuration.awaitLimit)
    }

    // MARK: - For links, on the thread only

    func admit(_ link: BLEDeviceLink, _ device: BluetoothAddress) {
        guard let permitted else {
            if obstacle != nil, !waitsForAdapter { return link.refuse(.unreachable) }
            waiting.append((link, device))
            return
        }
        guard let bond = permitted[device] else { return link.refuse(.refused) }
        links[ObjectIdentifier(link)] = link
        awaited.insert(ObjectIdentifier(link))
        advance(.linksAwaited(count: awaited.count))
        link.begin(with: bond.peer)
    }

    func opened(_ link: BLEDeviceLink, _ peer: BluetoothPeer) {
        noLongerAwaited(link)
        advance(.linkOpened(peer))
    }

    func ended(_ link: BLEDeviceLink, _ peer: BluetoothPeer, _ end: BLEConnectionEnd) {
        if end.isFailureOfLink { advance(.linkFailed(peer)) }
    }

    private func noLongerAwaited(_ link: BLEDeviceLink) {
        guard awaited.remove(ObjectIdentifier(link)) != nil else { return }
        advance(.linksAwaited(count: awaited.count))
    }

    func forget(_ link: BLEDeviceLink) {
        noLongerAwaited(link)
        links[ObjectIdentifier(link)] = nil
        waiting.removeAll { $0.link === link }
    }

    // MARK: - The thread

    /// Runs a job on the host's thread, which begins with the first. False where there is none, or none any more.
    @discardableResult
    func post(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (thread, isNew) = shared.withLock { shared -> (BluetoothThread?, Bool) in
            guard !shared.isClosed, shared.thread == nil else { return (shared.isClosed ? nil : shared.thread, false) }
            shared.thread = try? BluetoothThread()
            return (shared.thread, true)
        }
        guard let thread else { return false }
        if isNew {
            thread.post { [self] in begin(on: thread) }
        }
        thread.post(job)
        return true
    }

    func onThread(
        _ job: @escaping @Sendable (BluetoothHost) -> Void, orElse: (String) -> Void = { _ in }
    ) {
        if !post({ [self] in job(self) }) { orElse("there is no thread for it") }
    }

    func schedule(after delay: Duration, _ job: @escaping () -> Void) {
        thread?.schedule(after: delay, job)
    }

    private func begin(on thread: BluetoothThread) {
        self.thread = thread
        let bonds: BluetoothBondList
        do throws(BondsFile.Fault) {
            guard try file.lock() else {
                return tellOff("BLE is off: another corhub has the adapter; an adapter has one owner")
            }
            bonds = try file.loadOrMake()
        } catch {
            return tellOff("BLE is off: \(error)")
        }
        let adapter = BluetoothAdapter(
            configuration: BluetoothAdapter.Configuration(
                service: service, usesPrivacy: configuration.usesPrivacy,
                allowsHazardousKernel: configuration.allowsHazardousKernel,
                tellsStrangers: configuration.tellsStrangers),
            bonds: bonds)
        self.adapter = adapter
        perform(adapter.begin())
    }

    func advance(_ event: AdapterEvent) {
        guard let now = thread?.now, let effects = adapter?.handle(event, at: now) else {
            return
        }
        perform(effects)
    }

    private func perform(_ effects: [AdapterEffect]) {
        for effect in effects {
            switch effect {
            case .send(let packet): send(packet)
            case .startTimer(let timer, let delay): startTimer(timer, after: delay)
            case .readFacts: readFacts()
            case .forceOff(let index): BluetoothSocket.forceOff(index: index)
            case .reopenSocket:
                dropSocket()
                readFacts()
            case .tell(let event): tell(event)
            case .ask(let question): pairingHandler?(.asked(question))
            case .pairingEnded(let result): pairingEnded(result)
            case .unpaired(_, let wasBonded):
                unpairHandler?(wasBonded)
                unpairHandler = nil
            case .persist(let list): persist(list)
            case .permit(let list): permit(list)
            case .dropLinks: dropLinks()
            case .audit(let note): audit(note)
            }
        }
    }

    private func startTimer(_ timer: AdapterTimer, after delay: Duration) {
        thread?.schedule(after: delay) { [weak self] in self?.advance(.timerFired(timer)) }
    }

    // MARK: - The management socket

    private func readFacts() {
        var failure: Int32?
        if socket == nil {
            let owner = AdapterFacts.read(socketFailure: nil).owner
            // Not even a socket before it is known that nobody else is there.
            if owner == .nobody { failure = openSocket() }
        }
        advance(.factsRead(AdapterFacts.read(socketFailure: failure)))
    }

    private func openSocket() -> Int32? {
        do throws(SystemFailure) {
            let socket = try BluetoothSocket.management()
            self.socket = socket
            thread?.watch(socket.descriptor, for: POLLIN) { [weak self] events in
                self?.receive(events)
            }
            return nil
        } catch {
            return error.code
        }
    }

    private func receive(_ events: Int16) {
        // Bounded, so that a flood of reports leaves the links their turn.
        for _ in 0..<64 {
            guard let socket else { return }
            switch socket.receive(into: &buffer) {
            case .packet(let bytes):
                // A packet that cannot be read is one of an event that is not known.
                guard let packet = try? ManagementPacket(decoding: bytes) else { continue }
                advance(.received(packet))
            case .nothing:
                return
            case .failed(let code):
                dropSocket()
                return advance(.socketFailed(code: code))
            }
        }
    }

    private func send(_ packet: [UInt8]) {
        // What the kernel does not take is a command without an answer, which has its time-out.
        _ = socket?.send(packet)
    }

    private func dropSocket() {
        guard let socket else { return }
        thread?.unwatch(socket.descriptor)
        socket.close()
        self.socket = nil
    }

    // MARK: - What is told

    private func tell(_ event: DiscoveryEvent) {
        switch event {
        case .unavailable(let reason): return tellOff(reason)
        case .available: shared.withLock { $0.obstacle = nil }
        case .found, .lost, .refused: break
        }
        for handler in discoveryHandlers { handler(event) }
    }

    private func tellOff(_ reason: String) {
        shared.withLock { $0.obstacle = reason }
        for handler in discoveryHandlers { handler(.unavailable(reason: reason)) }
        if !waitsForAdapter {
            for (link, _) in waiting { link.refuse(.unreachable) }
        }
        for job in readyJobs { job() }
        readyJobs = []
    }

    /// Whoever awaits a device for as long as it takes awaits the adapter, too, if it may come back: its return is told, and
    /// need not be tried for.
    private var waitsForAdapter: Bool { adapter != nil && configuration.awaitLimit == nil }

    /// Jobs that wait until the adapter is ready, or known to be off.
    private var readyJobs: [() -> Void] = []

    func whenReady(_ job: @escaping () -> Void) {
        guard permitted == nil, obstacle == nil else { return job() }
        readyJobs.append(job)
    }

    private func permit(_ list: BluetoothBondList) {
        permitted = list
        shared.withLock { $0.obstacle = nil }
        let links = waiting
        waiting = []
        for (link, device) in links { admit(link, device) }
        let jobs = readyJobs
        readyJobs = []
        // After the effects that are being performed.
        thread?.schedule(after: .zero) { for job in jobs { job() } }
    }

    private func dropLinks() {
        permitted = nil
        for link in Array(links.values) { link.refuse(.unreachable) }
    }

    func pairingEnded(_ result: Result<BluetoothPeer, PairingRefusal>) {
        pairingHandler?(.ended(result))
        pairingHandler = nil
    }

    private func persist(_ list: BluetoothBondList) {
        do throws(BondsFile.Fault) {
            try file.store(list)
            advance(.bondsPersisted(true))
        } catch {
            advance(.bondsPersisted(false))
        }
    }
}
