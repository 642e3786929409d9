import BluetoothProtocol
import HubCore

/// An adapter's machine with a kernel that answers it as the real one does, and forgets nothing of what it did.
struct AdapterBench {
    var adapter: BluetoothAdapter
    var now: Duration = .zero
    /// Opcodes in the order in which they were sent.
    private(set) var sent: [UInt16] = []
    /// Whole packets, for what the opcodes do not tell.
    private(set) var packets: [[UInt8]] = []
    /// Everything but packets and timers.
    private(set) var effects: [AdapterEffect] = []
    private(set) var timers: [(timer: AdapterTimer, deadline: Duration)] = []

    /// What the kernel answers instead of success.
    var refusals: [UInt16: ManagementStatus] = [:]
    /// Commands that get no answer.
    var silent: Set<UInt16> = []
    /// As if the whole kernel hung.
    var isSilent = false
    var facts = BluetoothSamples.facts
    var indices: [UInt16] = [0]
    var address = BluetoothAddress(wireBytes: [1, 0, 0, 0xDC, 0x1B, 0]) ?? .zero
    var supported = ManagementSettings(rawValue: 0xFFFF)
    var settings = AdapterBench.settingsReady
    /// Opcodes that the kernel lists.
    var commands = Set<UInt16>(1...0x50)
    var isDiskFull = false

    static let settingsReady: ManagementSettings = [.powered, .lowEnergy, .secureConnections]

    init(bonds: BluetoothBondList = BluetoothSamples.bonds()) {
        adapter = BluetoothAdapter(
            configuration: BluetoothAdapter.Configuration(service: BluetoothSamples.service), bonds: bonds)
    }

    /// Set up, with what that said forgotten.
    static func ready(bonds: BluetoothBondList = BluetoothSamples.bonds()) -> AdapterBench {
        var bench = AdapterBench(bonds: bonds)
        bench.begin()
        bench.forget()
        return bench
    }

    mutating func begin() {
        perform(adapter.begin())
    }

    mutating func handle(_ event: AdapterEvent) {
        perform(adapter.handle(event, at: now))
    }

    mutating func tell(_ event: ManagementEvent, index: UInt16 = 0) {
        handle(.received(ManagementPacket(index: index, event: event)))
    }

    mutating func forget() {
        sent = []
        packets = []
        effects = []
    }

    /// Lets time pass, and fires what is due in order.
    mutating func pass(_ duration: Duration) {
        let end = now + duration
        while let next = timers.filter({ $0.deadline <= end }).min(by: { $0.deadline < $1.deadline }) {
            timers.removeAll { $0.timer == next.timer }
            now = next.deadline
            handle(.timerFired(next.timer))
        }
        now = end
    }

    var discoveryEvents: [DiscoveryEvent] {
        effects.compactMap { if case .tell(let event) = $0 { event } else { nil } }
    }

    var audits: [AdapterAuditNote] {
        effects.compactMap { if case .audit(let note) = $0 { note } else { nil } }
    }

    var pairingEnds: [Result<BluetoothPeer, PairingRefusal>] {
        effects.compactMap { if case .pairingEnded(let result) = $0 { result } else { nil } }
    }

    private mutating func perform(_ effects: [AdapterEffect]) {
        for effect in effects {
            switch effect {
            case .send(let packet): answer(packet)
            case .startTimer(let timer, let delay): timers.append((timer, now + delay))
            case .readFacts, .reopenSocket:
                self.effects.append(effect)
                handle(.factsRead(facts))
            case .persist:
                self.effects.append(effect)
                handle(.bondsPersisted(!isDiskFull))
            default: self.effects.append(effect)
            }
        }
    }

    private mutating func answer(_ packet: [UInt8]) {
        let opcode = UInt16(packet[0]) | UInt16(packet[1]) << 8
        sent.append(opcode)
        packets.append(packet)
        guard !isSilent, !silent.contains(opcode) else { return }
        let index = UInt16(packet[2]) | UInt16(packet[3]) << 8
        if let status = refusals[opcode] {
            tell(.commandStatus(opcode: opcode, status), index: index)
        } else if opcode != ManagementCommand.pair(BluetoothSamples.device, .keyboardDisplay).opcode {
            tell(.commandComplete(opcode: opcode, .success, answer: content(opcode)), index: index)
        }
    }

    private func content(_ opcode: UInt16) -> [UInt8] {
        switch opcode {
        case 0x0001: [1, 23, 0]
        case 0x0002: Self.list(commands.sorted(), between: [0, 0])
        case 0x0003: Self.list(indices, between: [])
        case 0x0004:
            address.wireBytes + [9, 0x5D, 0] + Self.bytes(supported.rawValue) + Self.bytes(settings.rawValue)
                + [UInt8](repeating: 0, count: 263)
        default: []
        }
    }

    private static func list(_ numbers: [UInt16], between: [UInt8]) -> [UInt8] {
        let head = [UInt8(truncatingIfNeeded: numbers.count), UInt8(truncatingIfNeeded: numbers.count >> 8)]
        return head + between
            + numbers.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        stride(from: 0, to: 32, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
