package import BluetoothProtocol

/// Owns one Bluetooth adapter: sets it up, keeps it so, scans, pairs, recovers, and says why BLE is off when it is.
///
/// An adapter has one owner. Nothing is sent to it before the facts say that it is free, and when something else changes
/// it, it is set up anew; after three such fights within a minute it is left alone.
package struct BluetoothAdapter: Sendable {
    package struct Configuration: Sendable {
        package var service: BluetoothUUID
        /// Private addresses for the hub.
        package var usesPrivacy: Bool
        package var allowsHazardousKernel: Bool
        /// Whether devices without a bond are told when they are seen: to a person who looks for one, not to an agent,
        /// which cannot work with them.
        package var tellsStrangers: Bool

        package init(
            service: BluetoothUUID, usesPrivacy: Bool = true, allowsHazardousKernel: Bool = false,
            tellsStrangers: Bool = true
        ) {
            self.service = service
            self.usesPrivacy = usesPrivacy
            self.allowsHazardousKernel = allowsHazardousKernel
            self.tellsStrangers = tellsStrangers
        }
    }

    enum State {
        /// Facts were asked for.
        case awaitingFacts
        case off(AdapterObstacle, retry: UInt64)
        case settingUp(AdapterSetup)
        case ready(Ready)
    }

    struct Ready {
        var index: UInt16
        var scan = ScanState.off
        /// Pairings of this kind are answered by a session; the number tells its timers from those of another.
        var pairing: (session: PairingSession, number: UInt64)?
    }

    enum ScanState: Equatable {
        case off
        case starting
        /// The timer ends a scan that the controller has forgotten about.
        case on(timer: UInt64)
        case resting(timer: UInt64)
    }

    static let windowLength: Duration = .seconds(120)
    /// Between two scans: the kernel ends one after 10.24 s.
    static let scanRest: Duration = .milliseconds(500)
    /// A scan that has not ended by itself by now is taken for dead.
    static let scanLengthMax: Duration = .seconds(20)
    static let fightCountMax = 3
    static let fightSpan: Duration = .seconds(60)
    /// How often an adapter that does not answer is set up anew before that is told.
    static let quietRecoveryCountMax = 2
    static let linkFailureCountMax = 5
    static let powerCycleCountMax = 3

    let configuration: Configuration
    var bonds: BluetoothBondList
    var state = State.awaitingFacts
    var exchange = ManagementExchange()
    var sightings: SightingTable
    var isScanWanted = false
    var awaitedLinkCount = 0
    var windowTimer: UInt64?
    var timerCount: UInt64 = 0
    /// When settings were changed by others, lately.
    var fights: [Duration] = []
    var recoveryCount = 0
    /// The controller that was worked with last.
    var lastIndex: UInt16?
    var linkFailureCount = 0
    var powerCycleCount = 0
    /// Bonded devices that refused our key and were told as such.
    var estranged: Set<BluetoothPeer> = []
    /// The obstacle that was told last; nil after "available".
    var toldObstacle: AdapterObstacle?
    var hasToldAvailable = false
    /// Waits for `bondsPersisted` after an unpairing.
    var unpairing: BluetoothAddress?

    package init(configuration: Configuration, bonds: BluetoothBondList) {
        self.configuration = configuration
        self.bonds = bonds
        sightings = SightingTable(service: configuration.service)
    }

    /// Reports of devices that were dropped, whoever sent them.
    /// Devices of the profile within reach that are not paired.
    package var strangers: [DiscoveredDevice] { sightings.strangers }

    package var droppedReportCount: UInt64 { sightings.droppedCount }

    package func begin() -> [AdapterEffect] {
        [.readFacts]
    }

    /// Advances the adapter. The caller performs the effects in order.
    ///
    /// - Parameter now: monotonic, since any moment.
    package mutating func handle(_ event: AdapterEvent, at now: Duration) -> [AdapterEffect] {
        switch event {
        case .factsRead(let facts): take(facts)
        case .received(let packet): take(packet, at: now)
        case .socketFailed(let code): goOff(.socketUnavailable(code: code))
        case .timerFired(let timer): fire(timer, at: now)
        case .scanWanted(let isWanted): want(scan: isWanted, awaitedLinkCount: awaitedLinkCount)
        case .linksAwaited(let count): want(scan: isScanWanted, awaitedLinkCount: count)
        case .windowOpened: openWindow()
        case .windowClosed: closeWindow()
        case .pairRequested(let address): pair(address)
        case .pairingAnswered(let answer): advancePairing(.answered(answer))
        case .bondsPersisted(let isDurable): persisted(isDurable)
        case .unpairRequested(let address): unpair(address)
        case .linkOpened(let peer): linkOpened(peer)
        case .linkFailed(let peer): linkFailed(peer)
        }
    }

    private mutating func take(_ facts: AdapterFacts) -> [AdapterEffect] {
        if let obstacle = facts.obstacle(allowsHazardousKernel: configuration.allowsHazardousKernel) {
            return goOff(obstacle)
        }
        switch state {
        case .awaitingFacts: return setUp()
        case .off, .settingUp, .ready: return []  // Looked again while at work, and found nothing.
        }
    }

    private mutating func take(_ packet: ManagementPacket, at now: Duration) -> [AdapterEffect] {
        switch packet.event {
        case .commandComplete(let opcode, let status, let answer):
            return exchanged(exchange.handle(.answered(opcode: opcode, status, answer: answer)))
        case .commandStatus(let opcode, let status):
            return exchanged(exchange.handle(.answered(opcode: opcode, status, answer: [])))
        case .indexAdded:
            return adapterAppeared()
        default:
            guard packet.index == index else { return [] }
            return take(packet.event, at: now)
        }
    }

    private mutating func take(_ event: ManagementEvent, at now: Duration) -> [AdapterEffect] {
        guard case .ready(let ready) = state else { return [] }
        switch event {
        case .indexRemoved:
            return goOff(.noAdapter)
        case .newSettings(let settings):
            return settingsChanged(settings, at: now)
        case .classChanged, .localNameChanged:
            return [.readFacts]  // Not our doing: has a daemon started?
        case .deviceFound(let peer, let report):
            let isBonded = bonds[peer] != nil
            guard let found = sightings.sighted(peer, report, isBonded: isBonded, at: now),
                isBonded || configuration.tellsStrangers
            else { return [] }
            return [.tell(.found(found))]
        case .discovering(let isOn):
            return discovering(isOn, at: now)
        case .deviceDisconnected(let peer, let reason):
            return disconnected(peer, reason) + advancePairing(.told(event))
        case .confirmationRequested(let peer, _, _) where ready.pairing?.session.peer != peer:
            return refuseUnasked(peer, .denyConfirmation(peer))
        case .passkeyRequested(let peer) where ready.pairing?.session.peer != peer:
            return refuseUnasked(peer, .denyPasskey(peer))
        case .newLongTermKey(let key, _) where ready.pairing == nil:
            return strayKey(key)
        default:
            return advancePairing(.told(event))
        }
    }

    private mutating func fire(_ timer: AdapterTimer, at now: Duration) -> [AdapterEffect] {
        switch timer {
        case .exchange(let id):
            return exchanged(exchange.handle(.timerFired(id)))
        case .pairing(let number, let id):
            guard case .ready(let ready) = state, ready.pairing?.number == number else { return [] }
            return advancePairing(.timerFired(id))
        case .window(let id):
            guard id == windowTimer else { return [] }
            return closeWindow()
        case .scan(let id):
            return scanTimerFired(id)
        case .retry(let id):
            guard case .off(let obstacle, let retry) = state, id == retry else { return [] }
            state = .awaitingFacts
            return (obstacle == .silent ? forceOff() : []) + [.reopenSocket]
        }
    }

    /// The controller that is worked with, or is being set up.
    var index: UInt16? {
        switch state {
        case .awaitingFacts, .off: nil
        case .settingUp(let setup): setup.index
        case .ready(let ready): ready.index
        }
    }

    mutating func newTimer() -> UInt64 {
        timerCount += 1
        return timerCount
    }

    // MARK: - Commands

    mutating func submit(_ command: ManagementCommand) -> [AdapterEffect] {
        exchanged(exchange.handle(.submitted(command)))
    }

    mutating func exchanged(_ effects: [ManagementExchange.Effect]) -> [AdapterEffect] {
        effects.flatMap { effect -> [AdapterEffect] in
            switch effect {
            case .send(let command): [.send(command.encoded(index: index ?? ManagementCommand.indexNone))]
            case .startTimer(let id, let delay): [.startTimer(.exchange(id), after: delay)]
            case .finish(let command, let result): finished(command, result)
            }
        }
    }

    private mutating func finished(
        _ command: ManagementCommand, _ result: Result<[UInt8], ManagementFailure>
    ) -> [AdapterEffect] {
        switch state {
        case .awaitingFacts, .off:
            return []
        case .settingUp(var setup):
            let step = setup.finished(command, result)
            state = .settingUp(setup)
            return perform(step)
        case .ready:
            if case .startServiceDiscovery = command { return discoveryStarted(result) }
            let effects = advancePairing(.finished(command, result))
            if case .failure(.timedOut) = result { return effects + recover() }
            return effects
        }
    }
}
