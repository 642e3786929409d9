package import CORProtocol

/// Sends what is stored upstream, one batch after the other, until each has a verified receipt.
///
/// In a backlog the next batch becomes durable while one is on its way, and goes as soon as that one is accepted: disk and
/// network do not wait for each other (`LookAhead`). A batch is durable before it is sent, and the same bytes are sent until an answer counts: at least once here,
/// idempotent there, exactly once together (firmware-specs/upstream.md). Where the upstream's history and ours part, ours
/// goes on in a new epoch; where a batch is rejected, its sequences are named and the next one follows.
package struct Forwarder: Sendable {
    package enum Event: Sendable, Equatable {
        /// What the store has at the start: the oldest batch without a receipt, and the upstream's time in the newest
        /// receipt.
        case started(outstanding: OutstandingBatch?, newestReceiptMilliseconds: Int64?)
        /// Items were stored that want to travel.
        case itemsStored
        /// Someone asks not to wait: neither for more items nor for a delay.
        case flushRequested
        /// Someone has looked at why forwarding is blocked, and decided for a new epoch.
        case renewalRequested
        case batchCut(BatchCut)
        case nothingToCut
        /// What `.cutAhead` led to; nil where nothing may be cut ahead.
        case batchCutAhead(BatchCut?)
        case submissionEnded(SubmissionOutcome)
        /// The receipt is durable; the oldest batch without one, if any, and what was cut behind that.
        case receiptStored(outstanding: OutstandingBatch?, ahead: BatchCut? = nil)
        /// What `.find` asked for; nil where the batch's bytes are not kept any more.
        case batchFound(OutstandingBatch?)
        /// The new epoch is durable, and everything without a receipt is pending in it.
        case epochRenewed
        case timerFired(id: UInt64)
        /// Other bounds and times hold from now on; timers under way go on as they were started.
        case policyChanged(ForwardingPolicy)
    }

    package enum Effect: Sendable, Equatable {
        case startTimer(id: UInt64, after: Duration)
        /// Cut one batch of what is pending and make it durable, in one transaction with its `sendingEntry`; report
        /// `.batchCut` or `.nothingToCut`.
        case cut
        /// The same behind the batch that is on its way, with the `sendingEntry` of one ahead, where
        /// `PendingItems.mayBeCutAhead` allows it; report `.batchCutAhead`.
        case cutAhead
        case submit(OutstandingBatch)
        /// Make the receipt durable, and with it these gaps, which the next batch names, the entry that tells of it, and what
        /// becomes of the batches behind; then report `.receiptStored`. A second answer to a batch changes none of it.
        case storeReceipt(
            Receipt, bytes: [UInt8], of: OutstandingBatch, naming: [Gap], noting: AuditDraft, behind: BatchesBehind)
        /// Look up a batch that has a receipt already, and report `.batchFound`.
        case find(BatchPosition)
        /// In one transaction: begin an epoch that never was, make everything pending that has no receipt and what the
        /// upstream has lost, append this entry. Then report `.epochRenewed`.
        case renewEpoch(AuditDraft, lost: UpstreamLoss?)
        /// Make everything pending again, durably, that the upstream has lost.
        case requeue(UpstreamLoss)
        case audit(AuditDraft)
        case publish(MonitorEvent)
    }

    package enum State: Sendable, Equatable {
        case starting
        /// Nothing is under way; the heartbeat's timer runs.
        case idle(timer: UInt64)
        /// Items wait a moment for company.
        case lingering(timer: UInt64)
        case cutting
        case sending(OutstandingBatch, previousDelay: Duration?, behind: LookAhead)
        case waiting(OutstandingBatch, timer: UInt64, delay: Duration, reason: String)
        case storingReceipt(OutstandingBatch)
        /// Batches are rejected one after the other: the next is not cut at once.
        case pausing(timer: UInt64, delay: Duration, reason: String)
        /// The upstream wants an earlier batch again before it takes this one.
        case finding(BatchPosition, before: OutstandingBatch)
        case renewing
        /// The upstream holds something else at this place, and no rule says what to do: a person must look.
        case blocked(OutstandingBatch, reason: String)
    }

    package internal(set) var state: State = .starting
    private(set) var policy: ForwardingPolicy
    let verifier: ReceiptVerifier
    private var timerCount: UInt64 = 0
    /// Items came while something was under way.
    var hasPending = true
    /// CLOCK_BOOTTIME in ns of the first of the failures since the upstream last answered.
    var failingSince: UInt64?
    /// Batches that were rejected since one was accepted, and the pause after the last of them.
    var rejections: (count: Int, pause: Duration?, reason: String) = (0, nil, "")
    /// An epoch was begun, and no batch of it has a receipt yet.
    var hasRenewed = false
    /// A receipt told that the upstream is ahead of us.
    var renewalReason: String?
    /// The upstream has lost batches of this epoch, and gets them again.
    var catchUp: CatchUp?

    /// Ends with the receipt of a batch that was not sent again.
    struct CatchUp: Sendable, Equatable {
        /// The first sequence that the upstream has lost.
        var lostFrom: UInt64
        /// The newest that was sent once more; 0 before the first.
        var resentUpTo: UInt64
    }

    package init(policy: ForwardingPolicy, verifier: ReceiptVerifier) {
        self.policy = policy
        self.verifier = verifier
    }

    /// Advances the forwarder. The caller performs the effects in order.
    ///
    /// - Parameters:
    ///   - now: the hub's clocks at the event.
    ///   - chance: drawn by the caller, in 0..<1; spreads delays.
    package mutating func handle(_ event: Event, at now: TimeBlock, chance: Double) -> [Effect] {
        switch (state, event) {
        case (.starting, .started(let outstanding, let newestReceipt)):
            return start(outstanding, newestReceipt: newestReceipt, at: now, chance: chance)

        case (.storingReceipt(let batch), .receiptStored(let outstanding, _)):
            return receiptStored(of: batch, outstanding: outstanding, at: now, chance: chance)

        case (.sending, .receiptStored(_, let ahead)):
            return receiptStored(ahead: ahead, at: now, chance: chance)

        case (.idle, .itemsStored):
            return linger(policy.linger)

        case (.idle(let timer), .timerFired(let id)) where id == timer,
            (.lingering(let timer), .timerFired(let id)) where id == timer,
            (.pausing(let timer, _, _), .timerFired(let id)) where id == timer:
            return cut()

        case (.idle, .flushRequested), (.lingering, .flushRequested), (.pausing, .flushRequested):
            return cut()

        case (.cutting, .batchCut(let cut)):
            if cut.hasMore { hasPending = true }
            state = .sending(cut.batch, previousDelay: nil, behind: cut.hasMore ? .cutting : .none)
            return announce(cut) + [.submit(cut.batch)] + (cut.hasMore ? [.cutAhead] : [])

        case (_, .batchCutAhead(let cut)):
            return cutAhead(cut)

        case (.cutting, .nothingToCut):
            return hasPending ? next() : rest()

        case (.sending, .submissionEnded(let outcome)):
            return submissionEnded(outcome, at: now, chance: chance)

        case (.waiting(let batch, let timer, let delay, _), .timerFired(let id)) where id == timer:
            return send(batch, previousDelay: delay, at: now)

        case (.waiting(let batch, _, let delay, _), .flushRequested):
            return send(batch, previousDelay: delay, at: now)

        case (.finding(let position, let batch), .batchFound(let found)):
            return foundAgain(found, at: position, before: batch, at: now)

        case (.renewing, .epochRenewed):
            return cut()

        case (.blocked(let batch, _), .flushRequested):
            // Someone has looked and asks again.
            return send(batch, previousDelay: nil, at: now)

        case (.blocked(let batch, _), .renewalRequested):
            return renew("a person decided so", after: batch, at: now)

        case (_, .itemsStored):
            hasPending = true
            return []

        case (_, .policyChanged(let changed)):
            policy = changed
            return []

        case (.starting, _), (.idle, _), (.lingering, _), (.cutting, _), (.sending, _), (.waiting, _),
            (.storingReceipt, _), (.pausing, _), (.finding, _), (.renewing, _), (.blocked, _):
            return []  // Outlived timers, and answers that were given up.
        }
    }

    /// A town whose power comes back must not call the upstream with one voice: after a long silence the first upload
    /// waits a part of the spread, by chance.
    private mutating func start(
        _ outstanding: OutstandingBatch?, newestReceipt: Int64?, at now: TimeBlock, chance: Double
    ) -> [Effect] {
        let silence = newestReceipt.map { Duration.milliseconds(now.wallMilliseconds - $0) } ?? .zero
        guard silence >= policy.heartbeat + policy.outageMin else {
            guard let outstanding else { return next() }
            return send(outstanding, previousDelay: nil, at: now)
        }
        let delay = policy.spread * chance
        guard let outstanding else { return linger(delay) }
        return wait(outstanding, delay: delay, reason: "the first upload after an outage")
    }

    private mutating func linger(_ delay: Duration) -> [Effect] {
        state = .lingering(timer: newTimer())
        return [.startTimer(id: timerCount, after: delay)]
    }

    mutating func newTimer() -> UInt64 {
        timerCount += 1
        return timerCount
    }

    /// More may have come while the last batch was on its way; if not, rest until the heartbeat.
    mutating func next() -> [Effect] {
        hasPending ? cut() : rest()
    }

    private mutating func rest() -> [Effect] {
        state = .idle(timer: newTimer())
        return [.startTimer(id: timerCount, after: policy.heartbeat)]
    }

    private mutating func cut() -> [Effect] {
        hasPending = false
        state = .cutting
        return [.cut]
    }

    mutating func send(
        _ batch: OutstandingBatch, previousDelay: Duration?, lookingAhead: Bool = false, at now: TimeBlock
    ) -> [Effect] {
        state = .sending(batch, previousDelay: previousDelay, behind: lookingAhead ? .cutting : .none)
        return [.audit(Self.sendingEntry(of: batch.position, at: now)), .submit(batch)]
            + (lookingAhead ? [.cutAhead] : [])
    }

    /// What is noted of each transmission, before it begins.
    ///
    /// - Parameter isAhead: the batch before has no receipt yet. Where it has to be sent again, this one has another entry
    ///   when it goes.
    package static func sendingEntry(
        of position: BatchPosition, isAhead: Bool = false, at now: TimeBlock
    ) -> AuditDraft {
        draft(.batchSent, .done, position, isAhead ? "as soon as the batch before has its receipt" : "", at: now)
    }

    /// After a failure. Whoever was away for long comes back at a moment of its own.
    mutating func wait(
        _ batch: OutstandingBatch, previousDelay: Duration?, asked: Duration?, reason: String, at now: TimeBlock,
        chance: Double
    ) -> [Effect] {
        let since = failingSince ?? now.boottimeNanoseconds
        failingSince = since
        var delay = policy.backoff.delay(after: previousDelay, asked: asked, spread: policy.spread, chance: chance)
        let elapsed = now.boottimeNanoseconds >= since ? now.boottimeNanoseconds - since : 0
        if asked == nil, Duration.nanoseconds(Int64(clamping: elapsed)) >= policy.outageMin {
            delay += policy.spread * chance
        }
        return wait(batch, delay: delay, reason: reason)
    }

    private mutating func wait(_ batch: OutstandingBatch, delay: Duration, reason: String) -> [Effect] {
        state = .waiting(batch, timer: newTimer(), delay: delay, reason: reason)
        let waits = MonitorEvent.batchWaits(
            epoch: batch.position.epoch, sequence: batch.position.sequence, after: delay, reason: reason)
        return [.startTimer(id: timerCount, after: delay), .publish(waits)]
    }

    mutating func pause(_ delay: Duration, reason: String) -> [Effect] {
        state = .pausing(timer: newTimer(), delay: delay, reason: reason)
        return [.startTimer(id: timerCount, after: delay)]
    }

    func draft(
        _ type: AuditType, _ outcome: AuditOutcome, _ batch: OutstandingBatch, _ detail: String, at now: TimeBlock
    ) -> AuditDraft {
        Self.draft(type, outcome, batch.position, detail, at: now)
    }

    private static func draft(
        _ type: AuditType, _ outcome: AuditOutcome, _ position: BatchPosition, _ detail: String, at now: TimeBlock
    ) -> AuditDraft {
        AuditDraft(
            type, actor: .forwarder, subject: "batch \(position.epoch.hex)/\(position.sequence)", outcome: outcome,
            time: now, detail: detail)
    }
}
