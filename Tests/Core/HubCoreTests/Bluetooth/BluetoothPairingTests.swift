import BluetoothProtocol
import HubCore
import Testing

@Suite("Pairing")
struct BluetoothPairingTests {
    private let device = BluetoothSamples.device
    private let subject = "ble:C2:00:00:00:00:02"

    private func note(_ outcome: AuditOutcome, _ detail: String) -> AdapterAuditNote {
        AdapterAuditNote(kind: .pairing, subject: subject, outcome: outcome, detail: detail)
    }

    /// The window is open, and the kernel works on the pairing.
    private func pairing(bonds: BluetoothBondList = BluetoothSamples.bonds()) -> AdapterBench {
        var bench = AdapterBench.ready(bonds: bonds)
        bench.handle(.windowOpened)
        bench.handle(.pairRequested(device.address))
        #expect(bench.sent == [0x09, 0x19])
        bench.forget()
        return bench
    }

    private func complete(_ bench: inout AdapterBench, _ status: ManagementStatus = .success) {
        bench.tell(.commandComplete(opcode: 0x19, status, answer: []))
    }

    @Test("Numbers are compared, the key is judged, the bond is durable, and only then it is paired")
    func numericComparison() {
        var bench = pairing()
        bench.tell(.confirmationRequested(device, number: 4_217, isJustWorks: false))
        #expect(bench.effects == [.ask(.compare(number: 4_217))])
        bench.handle(.pairingAnswered(.same))
        #expect(bench.packets == [ManagementCommand.confirm(device).encoded(index: 0)])
        bench.forget()
        bench.tell(.newLongTermKey(BluetoothSamples.key(), isToBeStored: true))
        #expect(bench.effects == [])
        complete(&bench)
        let bonds = BluetoothSamples.bonds(device)
        #expect(
            bench.effects == [
                .persist(bonds), .permit(bonds), .audit(note(.done, "")), .pairingEnded(.success(device)),
            ])
        #expect(bench.packets.first == ManagementCommand.setBondable(false).encoded(index: 0))
    }

    @Test("A passkey is asked for and passed on; one of seven digits is taken for giving up")
    func passkey() {
        for (passkey, command) in [
            (999_999, ManagementCommand.answerPasskey(device, 999_999)), (1_000_000, .denyPasskey(device)),
        ]
            as [(UInt32, ManagementCommand)]
        {
            var bench = pairing()
            bench.tell(.passkeyRequested(device))
            #expect(bench.effects == [.ask(.enterPasskey)])
            bench.handle(.pairingAnswered(.passkey(passkey)))
            #expect(bench.packets == [command.encoded(index: 0)])
        }
    }

    @Test("A passkey to be typed on the device is shown once")
    func shown() {
        var bench = pairing()
        for count in 0..<3 as Range<UInt8> {
            bench.tell(.passkeyNotified(device, passkey: 12, enteredCount: count))
        }
        #expect(bench.effects == [.ask(.show(passkey: 12))])
    }

    @Test("A key that comes after the answer is waited for, and not for ever")
    func lateKey() {
        var bench = pairing()
        complete(&bench)
        bench.pass(.seconds(4))
        bench.tell(.newLongTermKey(BluetoothSamples.key(), isToBeStored: true))
        #expect(bench.pairingEnds == [.success(device)])

        var missing = pairing()
        complete(&missing)
        missing.pass(.seconds(6))
        #expect(missing.pairingEnds == [.failure(.keyMissing)])
    }

    @Test("The bond is kept under the identity that came with the pairing")
    func identity() throws {
        let identity = BluetoothSamples.peer(9)
        let identityKey = try #require(IdentityResolvingKey(peer: identity, value: [UInt8](repeating: 1, count: 16)))
        var bench = pairing()
        bench.tell(.newIdentityKey(identityKey, isToBeStored: true))
        bench.tell(.newLongTermKey(BluetoothSamples.key(of: identity), isToBeStored: true))
        complete(&bench)
        var bonds = BluetoothSamples.bonds()
        let bond = BluetoothBond(longTermKey: BluetoothSamples.key(of: identity), identityKey: identityKey)
        #expect([bonds.insert(bond)] == [true])
        #expect(bench.effects.first == .persist(bonds))
        #expect(bench.pairingEnds == [.success(identity)])
    }

    // MARK: - Refusals

    @Test("Threat 2, re-pairing: outside the window nothing is paired, and the wish is audited")
    func windowClosed() {
        var bench = AdapterBench.ready()
        bench.handle(.pairRequested(device.address))
        #expect(bench.effects == [.audit(note(.refused, "window-closed")), .pairingEnded(.failure(.windowClosed))])
        bench.handle(.windowOpened)
        bench.pass(.seconds(121))
        bench.forget()
        bench.handle(.pairRequested(device.address))
        #expect(bench.pairingEnds == [.failure(.windowClosed)])
        bench.handle(.windowOpened)
        bench.handle(.windowClosed)
        bench.handle(.pairRequested(device.address))
        #expect(bench.pairingEnds == [.failure(.windowClosed), .failure(.windowClosed)])
        #expect(bench.sent == [])
    }

    @Test("Threat 2, re-pairing: one pairing uses up the window")
    func windowUsedUp() {
        var bench = pairing()
        bench.tell(.newLongTermKey(BluetoothSamples.key(), isToBeStored: true))
        complete(&bench)
        bench.forget()
        bench.handle(.pairRequested(BluetoothSamples.peer(3).address))
        #expect(bench.pairingEnds == [.failure(.windowClosed)])
    }

    @Test("Threat 2, re-pairing: a bonded identity is not paired again, window or not")
    func bonded() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(device))
        bench.handle(.windowOpened)
        bench.handle(.pairRequested(device.address))
        #expect(bench.effects == [.audit(note(.refused, "already-bonded")), .pairingEnded(.failure(.alreadyBonded))])
        #expect(bench.sent == [])
    }

    @Test(
        "Threat 2, re-pairing: who claims a bonded identity in the middle of a pairing gets nothing, and the old key is loaded again"
    )
    func claimsBondedIdentity() throws {
        let bonded = BluetoothSamples.peer(9)
        var bench = pairing(bonds: BluetoothSamples.bonds(bonded))
        let identityKey = try #require(IdentityResolvingKey(peer: bonded, value: [UInt8](repeating: 1, count: 16)))
        bench.tell(.newIdentityKey(identityKey, isToBeStored: true))
        bench.tell(.newLongTermKey(BluetoothSamples.key(of: bonded), isToBeStored: true))
        complete(&bench)
        #expect(bench.pairingEnds == [.failure(.alreadyBonded)])
        #expect(bench.sent == [0x09, 0x14, 0x1B, 0x30, 0x13, 0x35])
        #expect(
            bench.packets[4] == ManagementCommand.loadLongTermKeys([BluetoothSamples.key(of: bonded)]).encoded(index: 0)
        )
        #expect(!bench.effects.contains { if case .persist = $0 { true } else { false } })
    }

    @Test("Threat 2, re-pairing: a device that asks by itself is denied and audited")
    func unasked() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(device))
        bench.tell(.confirmationRequested(device, number: 1, isJustWorks: true))
        bench.tell(.confirmationRequested(device, number: 1, isJustWorks: false))
        bench.tell(.passkeyRequested(device))
        #expect(bench.sent == [0x1D, 0x1D, 0x1F])
        #expect(bench.effects == [AdapterEffect](repeating: .audit(note(.refused, "unasked")), count: 3))
    }

    @Test("Threat 2, re-pairing: while one device pairs, another that asks is denied")
    func otherDevice() {
        var bench = pairing()
        let other = BluetoothSamples.peer(3)
        bench.tell(.confirmationRequested(other, number: 1, isJustWorks: false))
        bench.tell(.newLongTermKey(BluetoothSamples.key(of: other), isToBeStored: true))
        #expect(bench.packets == [ManagementCommand.denyConfirmation(other).encoded(index: 0)])
        #expect(bench.audits.map(\.detail) == ["unasked"])
        complete(&bench)
        bench.pass(.seconds(6))
        #expect(bench.pairingEnds == [.failure(.keyMissing)])
    }

    @Test("Threat 2, re-pairing: a key that the kernel made by itself is thrown away and those of the disk are loaded")
    func strayKey() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(device))
        bench.tell(.newLongTermKey(BluetoothSamples.key(), isToBeStored: true))
        #expect(bench.sent == [0x14, 0x1B, 0x30, 0x13, 0x35])
        #expect(bench.audits == [note(.refused, "stray-key")])
    }

    @Test("Threat 1, man in the middle: Just Works and numbers that differ are denied, and nothing is kept")
    func denied() {
        var justWorks = pairing()
        justWorks.tell(.confirmationRequested(device, number: 1, isJustWorks: true))
        #expect(justWorks.packets == [ManagementCommand.denyConfirmation(device).encoded(index: 0)])
        complete(&justWorks, .authenticationFailed)
        #expect(justWorks.pairingEnds == [.failure(.justWorks)])

        var differing = pairing()
        differing.tell(.confirmationRequested(device, number: 1, isJustWorks: false))
        differing.handle(.pairingAnswered(.different))
        complete(&differing, .authenticationFailed)
        #expect(differing.pairingEnds == [.failure(.numbersDiffer)])
        #expect(differing.audits == [note(.refused, "numbers-differ")])
        #expect(differing.sent == [0x1D, 0x09, 0x14, 0x1B, 0x30, 0x13, 0x35])
    }

    @Test(
        "Threat 1, weak keys (KNOB, Just Works, legacy, debug): only an authenticated P-256 key of 16 bytes that is to be kept is a bond",
        arguments: [
            (
                BluetoothSamples.key(.legacyUnauthenticated), true,
                PairingRefusal.keyNotAuthenticated(.legacyUnauthenticated)
            ),
            (BluetoothSamples.key(.legacyAuthenticated), true, .keyNotAuthenticated(.legacyAuthenticated)),
            (BluetoothSamples.key(.p256Unauthenticated), true, .keyNotAuthenticated(.p256Unauthenticated)),
            (BluetoothSamples.key(.p256Debug), true, .keyNotAuthenticated(.p256Debug)),
            (BluetoothSamples.key(size: 15), true, .keyTooShort(size: 15)),
            (BluetoothSamples.key(size: 7), true, .keyTooShort(size: 7)),
            (BluetoothSamples.key(), false, .keyNotToBeStored),
        ])
    func weakKeys(key: LongTermKey, isToBeStored: Bool, refusal: PairingRefusal) {
        var bench = pairing()
        bench.tell(.newLongTermKey(key, isToBeStored: isToBeStored))
        complete(&bench)
        #expect(bench.pairingEnds == [.failure(refusal)])
        #expect(bench.audits == [note(.refused, refusal.code)])
        #expect(bench.sent == [0x09, 0x14, 0x1B, 0x30, 0x13, 0x35])
    }

    @Test("A key for an address that changes is no bond")
    func changingAddress() throws {
        let address = try #require(BluetoothAddress(wireBytes: [2, 0, 0, 0, 0, 0x42]))
        let peer = BluetoothPeer(address: address, kind: .leRandom)
        var bench = AdapterBench.ready()
        bench.handle(.windowOpened)
        bench.tell(
            .deviceFound(peer, .init(signalStrength: nil, advertisingData: BluetoothSamples.advertising())))
        bench.handle(.pairRequested(address))
        bench.tell(.newLongTermKey(BluetoothSamples.key(of: peer), isToBeStored: true))
        complete(&bench)
        #expect(bench.pairingEnds == [.failure(.identityUnknown)])
    }

    @Test("A bond that cannot be stored is undone")
    func diskFull() {
        var bench = pairing()
        bench.isDiskFull = true
        bench.tell(.newLongTermKey(BluetoothSamples.key(), isToBeStored: true))
        complete(&bench)
        #expect(bench.pairingEnds == [.failure(.notStored)])
        #expect(bench.sent.contains(0x1B))
        #expect(!bench.effects.contains { if case .permit = $0 { true } else { false } })
    }

    @Test("A user who does not answer is taken for giving up before the device is")
    func silentUser() {
        var bench = pairing()
        bench.tell(.confirmationRequested(device, number: 1, isJustWorks: false))
        bench.pass(.seconds(29))
        #expect(bench.sent == [0x1D])
        complete(&bench, .authenticationFailed)
        #expect(bench.pairingEnds == [.failure(.cancelled)])
        bench.handle(.pairingAnswered(.same))
        #expect(bench.sent.contains(0x1C) == false)
    }

    @Test("A user can give up at any time")
    func cancelled() {
        var bench = pairing()
        bench.handle(.pairingAnswered(.cancel))
        #expect(bench.packets == [ManagementCommand.cancelPairing(device).encoded(index: 0)])
        complete(&bench, .cancelled)
        #expect(bench.pairingEnds == [.failure(.cancelled)])

        var late = pairing()
        complete(&late)
        late.handle(.pairingAnswered(.cancel))
        #expect(late.pairingEnds == [.failure(.cancelled)])
    }

    @Test("A device that breaks off, a kernel that refuses and an adapter that goes end the pairing")
    func brokenOff() {
        var refused = pairing()
        complete(&refused, .connectFailed)
        #expect(refused.pairingEnds == [.failure(.kernelRefused(.refused(.connectFailed)))])
        var disconnected = pairing()
        complete(&disconnected)
        disconnected.tell(.deviceDisconnected(device, .remote))
        #expect(disconnected.pairingEnds == [.failure(.disconnected)])
        var unplugged = pairing()
        unplugged.tell(.indexRemoved)
        #expect(unplugged.pairingEnds == [.failure(.adapterOff)])
        var notBondable = AdapterBench.ready()
        notBondable.refusals[0x09] = .rejected
        notBondable.handle(.windowOpened)
        notBondable.handle(.pairRequested(device.address))
        #expect(notBondable.pairingEnds == [.failure(.kernelRefused(.refused(.rejected)))])
    }

    @Test("One pairing at a time, none without an adapter, none beyond the limit")
    func otherRefusals() {
        var busy = pairing()
        busy.handle(.pairRequested(BluetoothSamples.peer(3).address))
        #expect(busy.pairingEnds == [.failure(.busy)])
        var off = AdapterBench()
        off.facts.owner = .daemon("bluetoothd")
        off.begin()
        off.handle(.windowOpened)
        off.handle(.pairRequested(device.address))
        #expect(off.pairingEnds == [.failure(.adapterOff)])
        var list = BluetoothSamples.bonds()
        for number in 10..<UInt8(10 + BluetoothBondList.countMax) {
            let bond = BluetoothBond(
                longTermKey: BluetoothSamples.key(of: BluetoothSamples.peer(number)), identityKey: nil)
            #expect([list.insert(bond)] == [true])
        }
        var full = AdapterBench.ready(bonds: list)
        full.handle(.windowOpened)
        full.handle(.pairRequested(device.address))
        #expect(full.pairingEnds == [.failure(.listFull)])
    }

    @Test("A scan rests while a device pairs and goes on after it")
    func scanRests() {
        var bench = AdapterBench.ready()
        bench.handle(.scanWanted(true))
        bench.handle(.windowOpened)
        bench.handle(.pairRequested(device.address))
        #expect(bench.sent == [0x3A, 0x24, 0x09, 0x19])
        bench.tell(.discovering(false))
        bench.pass(.seconds(5))
        #expect(bench.sent.count == 4)
        complete(&bench, .connectFailed)
        #expect(bench.sent.last == 0x3A)
    }

    // MARK: - Unpairing

    @Test("An unpaired device is forgotten on the disk first, then by the kernel, and it is audited")
    func unpaired() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(device))
        bench.handle(.unpairRequested(device.address))
        let unpaired = AdapterAuditNote(kind: .unpair, subject: subject, outcome: .done, detail: "")
        #expect(
            bench.effects == [
                .persist(BluetoothSamples.bonds()), .permit(BluetoothSamples.bonds()), .tell(.lost(address: subject)),
                .audit(unpaired),
                .unpaired(device.address, wasBonded: true),
            ])
        #expect(bench.sent == [0x1B, 0x34])
        bench.forget()
        bench.handle(.unpairRequested(device.address))
        #expect(bench.effects == [.unpaired(device.address, wasBonded: false)])
    }

    @Test("What cannot be forgotten on the disk is not forgotten")
    func unpairDiskFull() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(device))
        bench.isDiskFull = true
        bench.handle(.unpairRequested(device.address))
        #expect(bench.audits.map(\.outcome) == [.failed])
        #expect(bench.sent == [])
        bench.handle(.windowOpened)
        bench.handle(.pairRequested(device.address))
        #expect(bench.pairingEnds == [.failure(.alreadyBonded)])
    }
}
