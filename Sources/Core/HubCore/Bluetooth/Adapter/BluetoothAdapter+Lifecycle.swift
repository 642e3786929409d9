import BluetoothProtocol
import CORProtocol

extension BluetoothAdapter {
    mutating func setUp() -> [AdapterEffect] {
        let setup = AdapterSetup(bonds: bonds, usesPrivacy: configuration.usesPrivacy)
        state = .settingUp(setup)
        return exchanged(exchange.handle(.forgotten)) + perform(setup.begin())
    }

    mutating func perform(_ step: AdapterSetup.Step) -> [AdapterEffect] {
        switch step {
        case .submit(let command):
            return submit(command)
        case .failed(let obstacle):
            return goOff(obstacle)
        case .timedOut:
            return recover()
        case .done:
            guard let index else { return [] }
            state = .ready(Ready(index: index))
            var effects: [AdapterEffect] = [.permit(bonds)]
            if toldObstacle != nil || !hasToldAvailable { effects.append(.tell(.available)) }
            toldObstacle = nil
            hasToldAvailable = true
            return effects + startScan()
        }
    }

    /// Everything ends; the reason is told once, and it is looked again later.
    mutating func goOff(_ obstacle: AdapterObstacle) -> [AdapterEffect] {
        var effects = leave() + exchanged(exchange.handle(.forgotten))
        let retry = newTimer()
        state = .off(obstacle, retry: retry)
        if toldObstacle != obstacle { effects.append(.tell(.unavailable(reason: obstacle.description))) }
        toldObstacle = obstacle
        return effects + [.startTimer(.retry(retry), after: obstacle.retryDelay)]
    }

    /// An adapter that does not answer: first set up anew, which turns it off and on, then forced off and set up by a
    /// new socket, then that is told, and it is tried for ever.
    mutating func recover() -> [AdapterEffect] {
        recoveryCount += 1
        lastIndex = index.flatMap { $0 == ManagementCommand.indexNone ? nil : $0 } ?? lastIndex
        guard recoveryCount <= Self.quietRecoveryCountMax else { return goOff(.silent) }
        let effects = leave()
        guard recoveryCount > 1 else { return effects + setUp() }
        state = .awaitingFacts
        return effects + exchanged(exchange.handle(.forgotten)) + forceOff() + [.reopenSocket]
    }

    func forceOff() -> [AdapterEffect] {
        lastIndex.map { [.forceOff(index: $0)] } ?? []
    }

    /// What is under way on the adapter ends with it.
    private mutating func leave() -> [AdapterEffect] {
        guard case .ready(let ready) = state else { return [] }
        var effects: [AdapterEffect] = []
        if let pairing = ready.pairing {
            effects += ended(pairing.session.peer, .failure(.adapterOff))
        }
        effects += sightings.clear().map { .tell(.lost(address: $0)) }
        return effects + [.dropLinks]
    }

    mutating func adapterAppeared() -> [AdapterEffect] {
        guard case .off(let obstacle, _) = state else { return [] }
        switch obstacle {
        case .noAdapter, .unfit, .silent:
            state = .awaitingFacts
            return [.readFacts]
        case .ownedByDaemon, .ownerHidden, .kernelHazard, .socketUnavailable, .permissionMissing,
            .blockedByRadioSwitch, .setUpRefused, .foughtOver:
            return []  // Another adapter changes nothing.
        }
    }

    /// New Settings are told to everybody but the one who caused them.
    mutating func settingsChanged(_ settings: ManagementSettings, at now: Duration) -> [AdapterEffect] {
        guard !AdapterPolicy.isKept(by: settings) else { return [.readFacts] }
        fights = fights.filter { now - $0 < Self.fightSpan } + [now]
        guard fights.count <= Self.fightCountMax else {
            fights = []
            return goOff(.foughtOver)
        }
        let effects = leave()
        state = .awaitingFacts
        return effects + [.readFacts]
    }

    // MARK: - Links

    mutating func linkOpened(_ peer: BluetoothPeer) -> [AdapterEffect] {
        linkFailureCount = 0
        powerCycleCount = 0
        recoveryCount = 0
        estranged.remove(peer)
        return []
    }

    /// About one in seven links dies before it is of use, so only a row of failures means anything. The bond stays.
    mutating func linkFailed(_ peer: BluetoothPeer) -> [AdapterEffect] {
        guard case .ready = state, bonds[peer] != nil else { return [] }
        linkFailureCount += 1
        guard linkFailureCount >= Self.linkFailureCountMax else { return [] }
        linkFailureCount = 0
        powerCycleCount += 1
        guard powerCycleCount <= Self.powerCycleCountMax else {
            powerCycleCount = 0
            return [.tell(.refused(bondedDevice(peer), reason: Self.linksFail))]
        }
        return leave() + setUp()
    }

    /// The kernel ends a link whose encryption failed. A new pairing would be what an impostor wants, so there is none.
    mutating func disconnected(
        _ peer: BluetoothPeer, _ reason: ManagementEvent.DisconnectReason
    ) -> [AdapterEffect] {
        guard reason == .authenticationFailure, bonds[peer] != nil, estranged.insert(peer).inserted else { return [] }
        return [
            .tell(.refused(bondedDevice(peer), reason: Self.keyLost)),
            .audit(AdapterAuditNote(kind: .pairing, subject: peer.linkAddress, outcome: .refused, detail: "key-lost")),
        ]
    }

    private func bondedDevice(_ peer: BluetoothPeer) -> DiscoveredDevice {
        DiscoveredDevice(kind: .ble, address: peer.linkAddress)
    }

    static let keyLost =
        "it does not have the key of its pairing: it was reset, or it is another device under the same address; "
        + "unpair it and pair it again only if you know why"
    static let linksFail =
        "links to it break before they are of use, also after the adapter was turned off and on; "
        + "move the hub nearer or use USB"
}
