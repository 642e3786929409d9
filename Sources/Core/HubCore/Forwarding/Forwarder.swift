package import CORProtocol

/// Sends what is stored upstream, one batch after the other, until each has a verified receipt.
///
/// A batch is durable before it is sent, and the same bytes are sent until an answer counts: at least once here,
/// idempotent there, exactly once together (firmware-specs/upstream.md).
package struct Forwarder: Sendable {
    package enum Event: Sendable, Equatable {
        /// What the store has at the start: the oldest batch without a receipt.
        case started(outstanding: OutstandingBatch?)
        /// Items were stored that want to travel.
        case itemsStored
        /// Someone asks not to wait: neither for more items nor for a delay.
        case flushRequested
        case batchCut(OutstandingBatch, itemCount: Int)
        case nothingToCut
        case submissionEnded(SubmissionOutcome)
        /// The receipt is durable; the next batch that waits, if any.
        case receiptStored(outstanding: OutstandingBatch?)
        case timerFired(id: UInt64)
    }

    package enum Effect: Sendable, Equatable {
        case startTimer(id: UInt64, after: Duration)
        /// Cut one batch of what is pending, make it durable, report `.batchCut` or `.nothingToCut`.
        case cut
        case submit(OutstandingBatch)
        /// Make the receipt durable and everything it covers prunable, then report `.receiptStored`.
        case storeReceipt(Receipt, bytes: [UInt8], leafIndex: UInt64?)
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
        case sending(OutstandingBatch, previousDelay: Duration?)
        case waiting(OutstandingBatch, timer: UInt64, delay: Duration, reason: String)
        case storingReceipt(OutstandingBatch)
        /// The upstream holds something else at this place: a person must look (evidence of a restored or cloned disk).
        case blocked(OutstandingBatch, reason: String)
    }

    package private(set) var state: State = .starting
    private let policy: ForwardingPolicy
    private let verifier: ReceiptVerifier
    private var timerCount: UInt64 = 0
    /// Items came while something was under way.
    private var hasPending = true

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
        case (.starting, .started(let outstanding)), (.storingReceipt, .receiptStored(let outstanding)):
            guard let outstanding else { return next() }
            return send(outstanding, previousDelay: nil, at: now)

        case (.idle, .itemsStored):
            state = .lingering(timer: newTimer())
            return [.startTimer(id: timerCount, after: policy.linger)]

        case (.idle(let timer), .timerFired(let id)) where id == timer,
            (.lingering(let timer), .timerFired(let id)) where id == timer:
            return cut()

        case (.idle, .flushRequested), (.lingering, .flushRequested):
            return cut()

        case (.cutting, .batchCut(let batch, let itemCount)):
            let cut = MonitorEvent.batchCut(
                epoch: batch.position.epoch, sequence: batch.position.sequence, itemCount: itemCount,
                length: batch.bytes.count)
            return [.publish(cut)] + send(batch, previousDelay: nil, at: now)

        case (.cutting, .nothingToCut):
            return hasPending ? next() : rest()

        case (.sending(let batch, let previousDelay), .submissionEnded(let outcome)):
            return submitted(outcome, batch: batch, previousDelay: previousDelay, at: now, chance: chance)

        case (.waiting(let batch, let timer, let delay, _), .timerFired(let id)) where id == timer:
            return send(batch, previousDelay: delay, at: now)

        case (.waiting(let batch, _, let delay, _), .flushRequested):
            return send(batch, previousDelay: delay, at: now)

        case (_, .itemsStored):
            hasPending = true
            return []

        case (.starting, _), (.idle, _), (.lingering, _), (.cutting, _), (.sending, _), (.waiting, _),
            (.storingReceipt, _), (.blocked, _):
            return []  // Outlived timers, and answers that were given up.
        }
    }

    private mutating func newTimer() -> UInt64 {
        timerCount += 1
        return timerCount
    }

    /// More may have come while the last batch was on its way; if not, rest until the heartbeat.
    private mutating func next() -> [Effect] {
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

    private mutating func send(
        _ batch: OutstandingBatch, previousDelay: Duration?, at now: TimeBlock
    ) -> [Effect] {
        state = .sending(batch, previousDelay: previousDelay)
        return [.audit(draft(.batchSent, .done, batch, "", at: now)), .submit(batch)]
    }

    private mutating func submitted(
        _ outcome: SubmissionOutcome, batch: OutstandingBatch, previousDelay: Duration?, at now: TimeBlock,
        chance: Double
    ) -> [Effect] {
        switch outcome {
        case .receipt(let bytes):
            switch verifier.verdict(on: bytes, for: batch) {
            case .genuine(let receipt, let leafIndex):
                state = .storingReceipt(batch)
                hasPending = hasPending || receipt.status == .rejected
                return [.storeReceipt(receipt, bytes: bytes, leafIndex: leafIndex)]
                    + accepted(receipt, leafIndex: leafIndex, batch: batch, at: now)
            case .refused(let refusal):
                // Whoever answered is not our upstream, or it is broken: keep everything and come again.
                let refused = MonitorEvent.receiptRefused(
                    epoch: batch.position.epoch, sequence: batch.position.sequence, reason: refusal.description)
                return [
                    .audit(draft(.receiptRefused, .refused, batch, refusal.description, at: now)), .publish(refused),
                ]
                    + wait(batch, previousDelay: previousDelay, asked: nil, reason: refusal.description, chance: chance)
            }

        case .retry(let after, let cause):
            return wait(batch, previousDelay: previousDelay, asked: after, reason: cause.description, chance: chance)

        case .refused(let status, let code, let message):
            // It would be refused again at once, so it is asked seldom; the reason is shown by `status`.
            let reason = "the upstream refuses (\(status) \(code)): \(message)"
            return [.audit(draft(.receiptRefused, .refused, batch, reason, at: now)), .publish(.alarm(reason))]
                + wait(
                    batch, previousDelay: previousDelay, asked: policy.backoff.longest, reason: reason, chance: chance)

        case .conflict(let conflict):
            let reason = "the upstream holds another batch here (\(conflict.code)): \(conflict.message)"
            state = .blocked(batch, reason: reason)
            return [.audit(draft(.receiptRefused, .failed, batch, reason, at: now)), .publish(.alarm(reason))]
        }
    }

    private func accepted(
        _ receipt: Receipt, leafIndex: UInt64?, batch: OutstandingBatch, at now: TimeBlock
    ) -> [Effect] {
        guard receipt.status == .rejected else {
            let accepted = MonitorEvent.receiptAccepted(
                epoch: batch.position.epoch, sequence: batch.position.sequence, leafIndex: leafIndex)
            return [.audit(draft(.receiptAccepted, .accepted, batch, "", at: now)), .publish(accepted)]
        }
        let reason = "the upstream rejected the batch: \(receipt.reason ?? "without a reason")"
        return [.audit(draft(.quarantine, .refused, batch, reason, at: now)), .publish(.alarm(reason))]
    }

    private mutating func wait(
        _ batch: OutstandingBatch, previousDelay: Duration?, asked: Duration?, reason: String, chance: Double
    ) -> [Effect] {
        let delay = policy.backoff.delay(after: previousDelay, asked: asked, chance: chance)
        state = .waiting(batch, timer: newTimer(), delay: delay, reason: reason)
        let waits = MonitorEvent.batchWaits(
            epoch: batch.position.epoch, sequence: batch.position.sequence, after: delay, reason: reason)
        return [.startTimer(id: timerCount, after: delay), .publish(waits)]
    }

    private func draft(
        _ type: AuditType, _ outcome: AuditOutcome, _ batch: OutstandingBatch, _ detail: String, at now: TimeBlock
    ) -> AuditDraft {
        AuditDraft(
            type, actor: .forwarder, subject: "batch \(batch.position.epoch.hex)/\(batch.position.sequence)",
            outcome: outcome, time: now, detail: detail)
    }
}
