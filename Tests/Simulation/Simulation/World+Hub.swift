import CORProtocol
import COSESigning
import Crypto
import HubCore
import TestSupport

// What the hub's agent does around the forwarder: the same steps as ForwardService and BatchLedger, without waiting.
extension World {
    var hubTime: TimeBlock { clock.block(at: now) }

    func boot() throws(StoreFault) {
        note("hub: boots")
        let drift = hasFaults && plan.has(.clockDrift) ? Int64.random(in: -2_000...2_000, using: &chance) : 0
        if strikes(.wrongClock, oneIn: 2) {
            // No battery: 1970, until a time service sets it.
            clock.boot(at: now, error: 12_000 - SimulatedClock.trueMilliseconds(at: now), sync: .never, drift: drift)
            after(seconds(60...20_000), .clockSet(boot: bootCount + 1))
        } else {
            let error = Int64.random(in: -500...500, using: &chance)
            clock.boot(at: now, error: error, sync: Bool.random(using: &chance) ? .synchronised : .never, drift: drift)
        }
        bootCount += 1
        try startAgent()
    }

    func startAgent() throws(StoreFault) {
        trust = ClockTrust(newestReceiptMilliseconds: store.content.newestReceiptMilliseconds)
        watch = ClockWatch()
        gauge = StorageGauge(quota: quota)
        ladders = devices.map { _ in ReconnectLadder() }
        try append(AuditDraft(.start, actor: .agent, subject: "corhub", outcome: .done, time: hubTime))
        forwarder = Forwarder(policy: policy, verifier: upstream.verifier)
        post(
            .started(
                outstanding: store.oldestOutstanding, newestReceiptMilliseconds: store.content.newestReceiptMilliseconds
            ))
        after(.seconds(900), .look(generation: generation))
        for device in devices.indices {
            after(.milliseconds(100), .openSession(device: device, generation: generation))
        }
    }

    /// Everything but the disk is lost.
    func stopAgent() {
        generation += 1
        forwarder = nil
        dropConversations()
        interrupted = [:]
    }

    func cutPower() {
        note("hub: the power is cut")
        powerCutCount += 1
        stopAgent()
        after(seconds(5...600), .boot(generation: generation))
    }

    func post(_ event: Forwarder.Event, after delay: Duration = .zero) {
        after(delay, .forwarder(event, generation: generation))
    }

    func tell(_ event: Forwarder.Event) throws {
        guard let effects = forwarder?.handle(event, at: hubTime, chance: .random(in: 0..<1, using: &chance)) else {
            return
        }
        for effect in effects {
            if strikes(.powerCut, oneIn: 150) { return cutPower() }
            if strikes(.agentKilled, oneIn: 150) { return endAgent("killed") }
            if case .publish(let event) = effect { note("hub: \(event)") }
            try perform(effect)
        }
    }

    private func perform(_ effect: Forwarder.Effect) throws {
        switch effect {
        case .startTimer(let id, let delay):
            post(.timerFired(id: id), after: delay)
        case .cut:
            post(try cut(isAhead: false).map { .batchCut($0) } ?? .nothingToCut)
        case .cutAhead:
            post(.batchCutAhead(try cut(isAhead: true)))
        case .submit(let batch):
            submit(batch)
        case .storeReceipt(let receipt, _, let batch, let gaps, let entry, let behind):
            try write { (store) throws(StoreFault) in
                try store.append(entry)
                guard store.insert(receipt) else { return }
                if behind == .areWithdrawn {
                    store.withdrawBatches(behind: batch.position, requeueing: brokenRule != .forgetsWithdrawn)
                }
                if brokenRule != .namesNothing { store.nameFirst(gaps) }
            }
            let ahead = behind == .areFollowed ? try cut(isAhead: true) : nil
            trust.verified(upstreamMilliseconds: receipt.upstreamMilliseconds, cut: batch.cut, at: hubTime)
            try prune()
            post(.receiptStored(outstanding: store.oldestOutstanding, ahead: ahead))
        case .find(let position):
            post(.batchFound(store.batch(position)))
        case .requeue(let loss):
            try write { (store) in store.requeue(loss) }
        case .renewEpoch(let draft, let lost):
            guard let epoch = Epoch(bytes: chance.bytes(count: 16)) else { preconditionFailure("16 bytes") }
            try write { (store) throws(StoreFault) in
                if brokenRule != .requeuesNothing { store.requeueUnreceipted() }
                if let lost, brokenRule != .forgetsLoss { store.requeue(lost) }
                store.content.epoch = epoch
                try store.append(draft)
            }
            post(.epochRenewed)
        case .audit(let draft):
            try append(draft)
        case .publish:
            return
        }
    }

    private func cut(isAhead: Bool) throws -> BatchCut? {
        var budget = MeteredBudget(encoded: store.content.budget)
        let items = store.pendingItems(lengthMax: policy.batchLengthMax, countMax: policy.batchItemCountMax - 256)
            .chosen(
                urgent: store.gapsToNameFirst(), hasMoreUrgent: store.hasMoreToNameFirst,
                raw: policy.rawBytesPerDay.map { budget.allowance(of: $0, at: hubTime) })
        if isAhead {
            let mayBe = items.mayBeCutAhead(
                policy, underWay: store.oldestOutstanding?.position, head: store.batchHead?.position,
                urgent: store.gapsToNameFirst())
            guard mayBe else { return nil }
            cutAheadCount += 1
        }
        let draft = BatchDraft(
            hub: hub, software: SoftwareIdentity(version: "0.1.0", buildHash: [], configurationHash: .zero),
            keyProtection: .file)
        guard let batch = draft.batch(of: items, epoch: store.content.epoch, after: store.batchHead, at: hubTime) else {
            return nil
        }
        let signed = try SignedBatch.signing(
            batch, environment: SimulatedUpstream.environment, chain: [[0x30, 0x00]],
            signer: P256COSESigner(brokenRule == .signsWrongly ? P256.Signing.PrivateKey() : hubKey))
        let outstanding = OutstandingBatch(
            position: BatchPosition(epoch: batch.epoch, sequence: batch.sequence), hash: signed.hash,
            bytes: signed.bytes, cut: hubTime)
        budget.spend(items.records.reduce(0) { $0 + $1.value.bytes.count }, at: hubTime)
        try write { (store) throws(StoreFault) in
            store.insert(outstanding, previousHash: batch.previousHash, covering: items)
            try store.append(Forwarder.sendingEntry(of: outstanding.position, isAhead: isAhead, at: hubTime))
            store.content.budget = budget.encoded
        }
        return BatchCut(outstanding, itemCount: items.count, hasMore: items.hasMore)
    }

    // MARK: - The way to the upstream and back

    private func submit(_ batch: OutstandingBatch) {
        submissionCount += 1
        if now < outageUntil {
            return post(
                .submissionEnded(.retry(after: nil, cause: .unreachable(reason: "no route"))), after: seconds(0.1...10))
        }
        if strikes(.lostRequest, oneIn: 10) {
            return post(.submissionEnded(.retry(after: nil, cause: .timedOut(.response))), after: .seconds(30))
        }
        if strikes(.unavailable, oneIn: 6) {
            let asked: Duration? = Bool.random(using: &chance) ? .seconds(120) : nil
            return post(
                .submissionEnded(.retry(after: asked, cause: .unavailable(status: 503))), after: seconds(0.05...2))
        }
        after(seconds(0.02...2), .batchArrives(batch, generation: generation))
    }

    /// The request arrives also when the hub that sent it lives no more.
    func arrive(_ batch: OutstandingBatch, generation: Int) throws {
        if strikes(.forgedReceipt, oneIn: 12) {
            return after(
                .milliseconds(50), .forwarder(.submissionEnded(.receipt([0xD2, 0x84])), generation: generation))
        }
        let outcome = try upstream.receive(batch.bytes, at: SimulatedClock.trueMilliseconds(at: now))
        note("upstream: \(batch.position.sequence) \(outcome.summary)")
        if case .refused = outcome { problems.append("the upstream refuses a batch of ours") }
        guard !strikes(.lostAnswer, oneIn: 8) else {
            return after(
                seconds(1...30),
                .forwarder(.submissionEnded(.retry(after: nil, cause: .connectionLost)), generation: generation))
        }
        after(seconds(0.02...2), .forwarder(.submissionEnded(outcome), generation: generation))
    }
}

extension SubmissionOutcome {
    fileprivate var summary: String {
        guard case .receipt(let bytes) = self, let receipt = try? SignedReceipt(decoding: bytes).receipt else {
            return "\(self)"
        }
        return "\(receipt.status) \(receipt.reason ?? "")"
    }
}
