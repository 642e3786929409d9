import CORProtocol
import COSESigning
import Crypto
import DeviceSimulator
import HubCore
import SMPProtocol
import TestSupport

// What the hub's agent does around a device session, and the link between the two.
extension World {
    func open(_ device: Int) {
        guard conversations[device] == nil else { return }
        conversationCount += 1
        var limits = SessionLimits()
        limits.pollInterval = pollInterval
        limits.clockFloorMilliseconds = trust.floorMilliseconds
        conversations[device] = Conversation(
            number: conversationCount, openedAt: now,
            session: DeviceSession(
                configuration: .init(
                    hub: hub, link: .udp, address: "sim://\(device)", subject: SubjectID("subject-1"), unclaimed: .use,
                    limits: limits)),
            exchange: SMPExchange(firstSequence: .random(in: 0...255, using: &chance)))
        after(
            .zero,
            .session(.linkOpened(nonce: chance.bytes(count: 32)), device: device, number: conversationCount))
    }

    func dropConversations() {
        for device in conversations.indices { conversations[device] = nil }
    }

    func tell(_ event: SessionEvent, device: Int, number: Int) throws {
        guard let conversation = conversations[device], conversation.number == number else { return }
        for effect in conversation.session.handle(event, at: hubTime) {
            if strikes(.powerCut, oneIn: 2_000) { return cutPower() }
            if strikes(.agentKilled, oneIn: 2_000) { return endAgent("killed") }
            try perform(effect, device: device, number: number)
        }
    }

    private func perform(_ effect: SessionEffect, device: Int, number: Int) throws {
        func answer(_ event: SessionEvent, after delay: Duration = .zero) {
            after(delay, .session(event, device: device, number: number))
        }
        switch effect {
        case .request(let operation, let command, let payload):
            conversations[device]?.requestCount += 1
            let request = SMPExchangeRequest(
                id: SMPRequestID(rawValue: conversations[device]?.requestCount ?? 0), operation: operation,
                group: CORCommand.group, command: command.rawValue, payload: payload)
            exchange(.submitted(request), device: device, number: number)
        case .requestOnce, .keepRegistration, .report, .lend, .recallLink:
            preconditionFailure("nobody orders anything of a simulated device")
        case .startTimer(let id, let delay):
            answer(.timerFired(id: id), after: delay)
        case .judgeCertificate(let chain):
            // X.509 is the adapter's; here a device is who it says.
            let identity = devices[device].identity
            answer(
                .certificateJudged(
                    .trusted(
                        DeviceCertificate(
                            serial: identity.serial, publicKey: Array(identity.key.publicKey.x963Representation),
                            thumbprint: .of(chain.first ?? []),
                            authority: TrustedAuthority(name: "CN=maker", fingerprint: .zero)))))
        case .recall(let serial):
            answer(
                .recalled(
                    KnownDevice(
                        newestSequence: store.content.newest[serial] ?? 0,
                        interrupted: interrupted.removeValue(forKey: serial),
                        wasAttested: store.content.attested.contains(serial))))
        case .store(let delivery):
            if brokenRule == .acknowledgesUnstored, now > .seconds(43_200) { return answer(.stored) }
            guard !strikes(.storeRefuses, oneIn: 20) else { return answer(.notStored) }
            let outcome = try write { (store) throws(StoreFault) in
                try intake.keep(delivery, within: quota, in: store)
            }
            if !outcome.news.isEmpty { post(.itemsStored) }
            guard outcome.isKept else { return answer(.notStored) }
            conversations[device]?.outcome.hasStored = true
            answer(.stored)
            post(.itemsStored)
        case .remember(let observation):
            try write { (store) in _ = store.content.attested.insert(observation.identity.serial) }
        case .audit(let draft):
            try append(draft)
        case .publish(.deviceConnected):
            conversations[device]?.outcome.wasConnected = true
        case .publish:
            return
        case .close(let end):
            if case .refused(let refusal) = end, !refusal.mayBeTransient {
                problems.append("a sound device is refused: \(refusal.code)")
            }
            if let conversation = conversations[device] {
                if let fetch = conversation.session.interrupted { interrupted[fetch.serial] = fetch }
                ladders[device].note(conversation.outcome.worth(after: now - conversation.openedAt))
            }
            conversations[device] = nil
            let delay = ladders[device].delay(after: end, chance: .random(in: 0..<1, using: &chance))
            after(delay, .openSession(device: device, generation: generation))
        }
    }

    func exchange(_ event: SMPExchange.Event, device: Int, number: Int) {
        guard let conversation = conversations[device], conversation.number == number else { return }
        for effect in conversation.exchange.handle(event) {
            switch effect {
            case .send(let message):
                carry(message) { .toDevice($0, device: device) }
            case .startTimer(let id, let delay):
                after(delay, .exchangeTimer(id, device: device, number: number))
            case .finish(_, let result):
                after(.zero, .session(SessionEvent(result), device: device, number: number))
            }
        }
    }

    func hear(_ bytes: [UInt8], device: Int, number: Int) {
        if let event = SessionEvent(notificationIn: bytes) {
            after(.zero, .session(event, device: device, number: number))
        } else {
            exchange(.received(message: bytes), device: device, number: number)
        }
    }

    func loseLink(_ device: Int) {
        guard let number = conversations[device]?.number else { return }
        exchange(.linkGone(.refused), device: device, number: number)
        after(.zero, .session(.linkGone, device: device, number: number))
    }

    /// A link may lose, double and delay. What it changes is lost, by its checksum: every link of the profile has one, and
    /// an acknowledgement that were changed unseen would free what nobody has.
    private func carry(_ message: [UInt8], delay: Duration = .zero, _ arrival: ([UInt8]) -> Happening) {
        guard hasFaults, plan.has(.lossyLink) else { return after(delay + .milliseconds(1), arrival(message)) }
        switch Int.random(in: 0..<60, using: &chance) {
        case 0, 3: return
        case 1:
            after(delay + .milliseconds(1), arrival(message))
            after(delay + seconds(0.001...8), arrival(message))
        case 2: after(delay + seconds(0.001...8), arrival(message))
        default: after(delay + .milliseconds(1), arrival(message))
        }
    }

    // MARK: - The device

    func act(_ effects: [DeviceEffect], of device: Int) {
        for effect in effects {
            switch effect {
            case .send(let bytes, let delay):
                let number = conversations[device]?.number ?? 0
                carry(bytes, delay: delay ?? .zero) { .toHub($0, device: device, number: number) }
            case .notify(let bytes):
                let number = conversations[device]?.number ?? 0
                carry(bytes) { .toHub($0, device: device, number: number) }
            case .keep(let record):
                do {
                    devices[device].made[record.sequence] = try SignedRecord(decoding: record.bytes).id
                } catch {
                    problems.append("the virtual device makes what is no record: \(error)")
                }
            case .report(.recordOverwritten(let sequence)):
                devices[device].overwritten.insert(sequence)
            case .discard, .persist, .report:
                continue
            }
        }
        guard let deadline = devices[device].model.deadline, devices[device].tickAt.map({ deadline < $0 }) ?? true
        else {
            return
        }
        devices[device].tickAt = deadline
        queue.insert(.deviceTick(device: device), at: max(deadline, now))
    }
}
