package import CORProtocol

/// Which links are opened, and which one is used where several lead to the same device.
///
/// Links come from the configuration and from discovery. A link is opened to find out whose it is; only then, when its
/// device has proven who it is, may it take the device from a worse link: what a device merely claims displaces nothing.
/// At most one session at a time works with a device, so the worse one ends before the better one begins. When a link is
/// lost, a hidden one to the same device takes over at once.
package struct DeviceReach: Sendable {
    package enum Event: Sendable, Equatable {
        /// The configuration names a link.
        case configured(address: String, kind: LinkKind)
        case found(DiscoveredDevice)
        case lost(address: String)
        /// The session over this link knows its device and waits to be admitted.
        case attested(address: String, ReachedDevice)
        /// The session over this link is over, however it ended.
        case ended(address: String, SessionEnd, worth: SessionOutcome.Worth)
        case timerFired(address: String, id: UInt64)
        /// What kept the hub from working with its device may be over: do not wait for the timer.
        case retryRequested(address: String)
    }

    package enum Effect: Sendable, Equatable {
        /// Begin a session over this link.
        case open(address: String, kind: LinkKind)
        /// The session may work with its device.
        case admit(address: String)
        /// End the session: a better link is used.
        case supersede(address: String)
        case startTimer(address: String, id: UInt64, after: Duration)
        /// The link is not used, since `behind` leads to the same device.
        case hide(address: String, kind: LinkKind, behind: String)
        /// The link is no longer there.
        case forget(address: String)
    }

    /// Links that are looked after; what is discovered on top is ignored.
    package static let wayCountMax = 128

    private var ways: [String: DeviceWay] = [:]
    private var timerCount: UInt64 = 0

    package init() {}

    /// Advances the reach. The caller performs the effects in order.
    ///
    /// - Parameter chance: drawn by the caller, in 0..<1; spreads delays.
    package mutating func handle(_ event: Event, chance: Double) -> [Effect] {
        switch event {
        case .configured(let address, let kind):
            return appeared(address, kind) { $0.isConfigured = true }
        case .found(let device):
            return appeared(device.address, device.kind) { $0.discovered = device }
        case .lost(let address):
            return lost(address)
        case .attested(let address, let device):
            return attested(address, device)
        case .ended(let address, let end, let worth):
            return ended(address, end, worth: worth, chance: chance)
        case .timerFired(let address, let id):
            guard ways[address]?.state == .waiting(timer: id) else { return [] }
            return tryNow(address)
        case .retryRequested(let address):
            guard case .waiting? = ways[address]?.state else { return [] }
            return tryNow(address)
        }
    }

    // MARK: - Links come and go

    private mutating func appeared(
        _ address: String, _ kind: LinkKind, _ change: (inout DeviceWay) -> Void
    ) -> [Effect] {
        if var way = ways[address] {
            // Devices tell again and again that they are there.
            change(&way)
            ways[address] = way
            return []
        }
        guard ways.count < Self.wayCountMax else { return [] }
        var way = DeviceWay(address: address, kind: kind)
        change(&way)
        ways[address] = way
        return tryNow(address)
    }

    private mutating func lost(_ address: String) -> [Effect] {
        // A device with a connection may stop to advertise: a session ends by itself, or not.
        ways[address]?.discovered = nil
        return forgetIfUnwanted(address)
    }

    private mutating func forgetIfUnwanted(_ address: String) -> [Effect] {
        guard let way = ways[address], !way.isWanted, !way.isRunning else { return [] }
        ways[address] = nil
        return [.forget(address: address)]
    }

    /// Opens the link, unless one that is as good is used for the device to which it seems to lead.
    private mutating func tryNow(_ address: String) -> [Effect] {
        guard let way = ways[address] else { return [] }
        let better = ordered.first { other in
            guard other.address != address, case .admitted(let device) = other.state else { return false }
            return way.seemsToLead(to: device) && other.kind.rank <= way.kind.rank
        }
        if let better {
            ways[address]?.state = .hidden
            return [.hide(address: address, kind: way.kind, behind: better.address)]
        }
        ways[address]?.state = .open
        return [.open(address: address, kind: way.kind)]
    }

    // MARK: - Sessions

    private mutating func attested(_ address: String, _ device: ReachedDevice) -> [Effect] {
        guard let way = ways[address], way.state == .open else { return [] }
        ways[address]?.known = device
        let rivals = ordered.filter { $0.state == .attested(device) || $0.state == .admitted(device) }
        if rivals.contains(where: { $0.kind.rank <= way.kind.rank }) {
            ways[address]?.state = .superseded(device)
            return [.supersede(address: address)]
        }
        ways[address]?.state = .attested(device)
        for rival in rivals {
            ways[rival.address]?.state = .superseded(device)
        }
        return rivals.map { .supersede(address: $0.address) } + settle(device)
    }

    private mutating func ended(
        _ address: String, _ end: SessionEnd, worth: SessionOutcome.Worth, chance: Double
    ) -> [Effect] {
        guard var way = ways[address], way.isRunning else { return [] }
        let isSuperseded = if case .superseded = way.state { true } else { false }
        way.ladder.note(worth)
        var effects: [Effect] = []
        if isSuperseded {
            way.state = .hidden
            ways[address] = way
            if let device = way.known, let user = user(of: device) {
                effects.append(.hide(address: address, kind: way.kind, behind: user.address))
            }
        } else {
            timerCount += 1
            way.state = .waiting(timer: timerCount)
            let delay = way.ladder.delay(after: end, chance: chance)
            ways[address] = way
            if way.isWanted {
                effects.append(.startTimer(address: address, id: timerCount, after: delay))
            }
        }
        effects += forgetIfUnwanted(address)
        return effects + (way.known.map { settle($0) } ?? [])
    }

    /// Admits whoever waits for the device, once nobody else works with it; or else brings a hidden link forth.
    private mutating func settle(_ device: ReachedDevice) -> [Effect] {
        let isBusy = ordered.contains { $0.state == .admitted(device) || $0.state == .superseded(device) }
        guard !isBusy else { return [] }
        if let waiting = ordered.first(where: { $0.state == .attested(device) }) {
            ways[waiting.address]?.state = .admitted(device)
            return [.admit(address: waiting.address)]
        }
        guard let next = ordered.first(where: { $0.state == .hidden && $0.seemsToLead(to: device) }) else { return [] }
        return tryNow(next.address)
    }

    private func user(of device: ReachedDevice) -> DeviceWay? {
        ordered.first { $0.state == .admitted(device) || $0.state == .attested(device) }
    }

    /// The best first.
    private var ordered: [DeviceWay] {
        ways.values.sorted { ($0.kind.rank, $0.address) < ($1.kind.rank, $1.address) }
    }
}
