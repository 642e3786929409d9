import BluetoothProtocol

extension BluetoothAdapter {
    mutating func openWindow() -> [AdapterEffect] {
        let timer = newTimer()
        windowTimer = timer
        return [.startTimer(.window(timer), after: Self.windowLength)]
    }

    /// A pairing that is under way goes on to its own end.
    mutating func closeWindow() -> [AdapterEffect] {
        windowTimer = nil
        return []
    }

    mutating func pair(_ address: BluetoothAddress) -> [AdapterEffect] {
        guard case .ready(var ready) = state else { return refusePairing(address, .adapterOff) }
        guard windowTimer != nil else { return refusePairing(address, .windowClosed) }
        guard bonds[address] == nil else { return refusePairing(address, .alreadyBonded) }
        guard !bonds.isFull else { return refusePairing(address, .listFull) }
        guard ready.pairing == nil, unpairing == nil else { return refusePairing(address, .busy) }
        let kind: BluetoothAddressKind = address.isStaticRandom ? .leRandom : .lePublic
        let peer = sightings.peer(address) ?? BluetoothPeer(address: address, kind: kind)
        let wasScanning = ready.scan
        ready.pairing = (PairingSession(peer: peer, bonds: bonds), newTimer())
        ready.scan = .off
        state = .ready(ready)
        var effects: [AdapterEffect] = []
        if case .on = wasScanning { effects = submit(.stopDiscovery) }
        return effects + advancePairing(.began)
    }

    private func refusePairing(_ address: BluetoothAddress, _ refusal: PairingRefusal) -> [AdapterEffect] {
        let subject = "ble:\(address)"
        return [
            .audit(AdapterAuditNote(kind: .pairing, subject: subject, outcome: .refused, detail: refusal.code)),
            .pairingEnded(.failure(refusal)),
        ]
    }

    mutating func advancePairing(_ event: PairingSession.Event) -> [AdapterEffect] {
        guard case .ready(var ready) = state, var pairing = ready.pairing else { return [] }
        let effects = pairing.session.handle(event)
        ready.pairing = pairing
        state = .ready(ready)
        return effects.flatMap { effect -> [AdapterEffect] in
            switch effect {
            case .submit(let command):
                return submit(command)
            case .ask(let question):
                return [.ask(question)]
            case .startTimer(let id, let delay):
                return [.startTimer(.pairing(session: pairing.number, id), after: delay)]
            case .persist(let bond):
                var list = bonds
                guard list.insert(bond) else { return advancePairing(.persisted(false)) }
                return [.persist(list)]
            case .undo(let peer):
                return forget(peer)
            case .end(let result):
                return end(pairing.session.peer, result)
            }
        }
    }

    private mutating func end(
        _ peer: BluetoothPeer, _ result: Result<BluetoothBond, PairingRefusal>
    ) -> [AdapterEffect] {
        var effects: [AdapterEffect] = []
        if case .ready(var ready) = state {
            ready.pairing = nil
            state = .ready(ready)
        }
        switch result {
        case .success(let bond):
            // The session has checked that it fits.
            _ = bonds.insert(bond)
            sightings.forget(bond.peer)
            windowTimer = nil
            effects += [.permit(bonds)] + submit(.loadConnectionParameters(connectionParameters))
            effects += ended(bond.peer, .success(bond.peer))
        case .failure(let refusal):
            effects += ended(peer, .failure(refusal))
        }
        return effects + startScan()
    }

    private var connectionParameters: [ConnectionParameters] {
        bonds.bonds.map { ConnectionParameters(transferringWith: $0.peer) }
    }

    func ended(_ peer: BluetoothPeer, _ result: Result<BluetoothPeer, PairingRefusal>) -> [AdapterEffect] {
        let note =
            switch result {
            case .success: AdapterAuditNote(kind: .pairing, subject: peer.linkAddress, outcome: .done, detail: "")
            case .failure(let refusal):
                AdapterAuditNote(kind: .pairing, subject: peer.linkAddress, outcome: .refused, detail: refusal.code)
            }
        return [.audit(note), .pairingEnded(result)]
    }

    /// A device asks to pair, and nobody here wanted it.
    mutating func refuseUnasked(_ peer: BluetoothPeer, _ command: ManagementCommand) -> [AdapterEffect] {
        submit(command) + [
            .audit(
                AdapterAuditNote(kind: .pairing, subject: peer.linkAddress, outcome: .refused, detail: "unasked"))
        ]
    }

    /// The kernel has made or changed a key without us; it is thrown away, and with it what it may have replaced.
    mutating func strayKey(_ key: LongTermKey) -> [AdapterEffect] {
        forget(key.peer) + [
            .audit(
                AdapterAuditNote(
                    kind: .pairing, subject: key.peer.linkAddress, outcome: .refused, detail: "stray-key"))
        ]
    }

    /// Unpairing takes every key of the address from the kernel, also one that we keep: so all are loaded again.
    private mutating func forget(_ peer: BluetoothPeer) -> [AdapterEffect] {
        // The kernel disconnects whom it unpairs, but not whom it never paired; and a pairing that begins on the connection of
        // one that failed may never end.
        var effects = submit(.disconnect(peer)) + submit(.unpair(peer, disconnects: true))
        for command in AdapterSetup.loading(bonds) { effects += submit(command) }
        return effects
    }

    // MARK: - Unpairing

    mutating func unpair(_ address: BluetoothAddress) -> [AdapterEffect] {
        guard unpairing == nil, let bond = bonds[address] else { return [.unpaired(address, wasBonded: false)] }
        var list = bonds
        _ = list.remove(bond.peer)
        unpairing = address
        return [.persist(list)]
    }

    mutating func persisted(_ isDurable: Bool) -> [AdapterEffect] {
        guard let address = unpairing else { return advancePairing(.persisted(isDurable)) }
        unpairing = nil
        guard let bond = bonds[address] else { return [] }
        let subject = bond.peer.linkAddress
        guard isDurable else {
            return [
                .audit(AdapterAuditNote(kind: .unpair, subject: subject, outcome: .failed, detail: "not-stored")),
                .unpaired(address, wasBonded: true),
            ]
        }
        _ = bonds.remove(bond.peer)
        estranged.remove(bond.peer)
        sightings.forget(bond.peer)
        var effects: [AdapterEffect] = [.permit(bonds), .tell(.lost(address: subject))]
        if case .ready = state {
            effects += submit(.unpair(bond.peer, disconnects: true)) + submit(.removeDevice(bond.peer))
        }
        return effects + [
            .audit(AdapterAuditNote(kind: .unpair, subject: subject, outcome: .done, detail: "")),
            .unpaired(address, wasBonded: true),
        ]
    }
}
