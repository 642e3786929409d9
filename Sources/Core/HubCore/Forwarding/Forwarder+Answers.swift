import CORProtocol

// What an answer of the upstream leads to: firmware-specs/upstream.md, sections 2 and 3.
extension Forwarder {
    mutating func submitted(
        _ outcome: SubmissionOutcome, batch: OutstandingBatch, previousDelay: Duration?, behind: LookAhead,
        at now: TimeBlock, chance: Double
    ) -> [Effect] {
        switch outcome {
        case .receipt(let bytes):
            switch verifier.verdict(on: bytes, for: batch) {
            case .genuine(let receipt, let leafIndex):
                return received(receipt, bytes: bytes, leafIndex: leafIndex, batch: batch, behind: behind, at: now)
            case .refused(let refusal):
                // Whoever answered is not our upstream, or it is broken: keep everything and come again.
                let refused = MonitorEvent.receiptRefused(
                    epoch: batch.position.epoch, sequence: batch.position.sequence, reason: refusal.description)
                return [
                    .audit(draft(.receiptRefused, .refused, batch, refusal.description, at: now)), .publish(refused),
                ]
                    + wait(
                        batch, previousDelay: previousDelay, asked: nil, reason: refusal.description, at: now,
                        chance: chance)
            }

        case .retry(let after, let cause):
            return wait(
                batch, previousDelay: previousDelay, asked: after, reason: cause.description, at: now, chance: chance)

        case .refused(let status, let code, let message):
            // It would be refused again at once, so it is asked seldom; the reason is shown by `status`.
            let reason = "the upstream refuses (\(status) \(code)): \(message)"
            return [.audit(draft(.receiptRefused, .refused, batch, reason, at: now)), .publish(.alarm(reason))]
                + wait(
                    batch, previousDelay: previousDelay, asked: policy.backoff.longest, reason: reason, at: now,
                    chance: chance)

        case .conflict(let conflict):
            failingSince = nil
            return conflicted(conflict, batch: batch, at: now)
        }
    }

    // MARK: - Receipts

    private mutating func received(
        _ receipt: Receipt, bytes: [UInt8], leafIndex: UInt64?, batch: OutstandingBatch, behind: LookAhead,
        at now: TimeBlock
    ) -> [Effect] {
        failingSince = nil
        hasRenewed = false
        state = .storingReceipt(batch)
        // Where the upstream is further than we are, we are a history that was restored.
        if batch.position.sequence > catchUp?.resentUpTo ?? 0 {
            if receipt.nextSequence > batch.position.sequence + 1 {
                renewalReason = "the upstream expects sequence \(receipt.nextSequence) next"
            } else {
                catchUp = nil
            }
        }
        guard receipt.status == .rejected else {
            rejections = (0, nil, "")
            let accepted = MonitorEvent.receiptAccepted(
                epoch: batch.position.epoch, sequence: batch.position.sequence, leafIndex: leafIndex)
            var goesOn = BatchesBehind.stay
            var effects: [Effect] = []
            if case .durable(let following) = behind, renewalReason == nil, catchUp == nil {
                // Its entry is durable with it. What comes of it waits until this receipt is.
                state = .sending(following, previousDelay: nil, behind: .storing(outcome: nil))
                effects = [.submit(following)]
                goesOn = .areFollowed
            }
            return effects + [
                .storeReceipt(
                    receipt, bytes: bytes, of: batch, naming: [],
                    noting: draft(.receiptAccepted, .accepted, batch, "", at: now), behind: goesOn),
                .publish(accepted),
            ]
        }
        let reason = "the upstream rejected the batch: \(receipt.reason ?? "without a reason")"
        rejections = (rejections.count + 1, rejections.pause, reason)
        hasPending = true
        return [
            .storeReceipt(
                receipt, bytes: bytes, of: batch, naming: batch.quarantineGaps(at: now),
                noting: draft(.quarantine, .refused, batch, reason, at: now), behind: .areWithdrawn),
            .publish(.alarm(reason)),
        ]
    }

    mutating func receiptStored(
        of batch: OutstandingBatch, outstanding: OutstandingBatch?, at now: TimeBlock, chance: Double
    ) -> [Effect] {
        if let reason = renewalReason {
            renewalReason = nil
            return renew(reason, after: batch, at: now)
        }
        if let outstanding {
            let following = batch.position.sequence + 1
            guard outstanding.position.epoch == batch.position.epoch, following < outstanding.position.sequence else {
                return send(outstanding, previousDelay: nil, lookingAhead: true, at: now)
            }
            // In the middle of sending again what the upstream has lost.
            return find(following, before: outstanding)
        }
        // One rejected batch must not hold up the next. But what names it may be rejected as well, and that without end.
        guard rejections.count > 1 else { return next() }
        let pause = policy.backoff.delay(after: rejections.pause, asked: nil, spread: policy.spread, chance: chance)
        rejections.pause = pause
        return self.pause(pause, reason: rejections.reason)
    }

    // MARK: - Conflicts

    private mutating func conflicted(
        _ conflict: SubmissionConflict, batch: OutstandingBatch, at now: TimeBlock
    ) -> [Effect] {
        let reason = "the upstream holds another batch here (\(conflict.code)): \(conflict.message)"
        let own = batch.position.sequence
        switch (conflict.code, conflict.nextSequence) {
        case ("epoch-closed", _):
            // A newer life of this hub goes on elsewhere. If both renewed, they would take turns for ever.
            return block(batch, reason, at: now)
        case ("sequence-reused", _), ("previous-hash-mismatch", _):
            return renew(reason, after: batch, at: now)
        case (_, let next?) where next > own:
            return renew(reason, after: batch, at: now)
        case (_, let next?) where next >= 1 && next < own && next > catchUp?.resentUpTo ?? 0:
            catchUp = catchUp ?? CatchUp(lostFrom: next, resentUpTo: 0)
            let lost = "the upstream has lost the batches from \(next) on; they are sent again"
            return [.audit(draft(.receiptRefused, .failed, batch, lost, at: now)), .publish(.alarm(lost))]
                + find(next, before: batch)
        case (_, let next?) where next >= 1 && next < own:
            // Each is sent again once. But a person who decides for a new epoch sends all of it again.
            if let before = catchUp { catchUp?.lostFrom = min(before.lostFrom, next) }
            return block(batch, reason, at: now)
        case (_, _):
            return block(batch, reason, at: now)
        }
    }

    private mutating func find(_ sequence: UInt64, before batch: OutstandingBatch) -> [Effect] {
        let position = BatchPosition(epoch: batch.position.epoch, sequence: sequence)
        state = .finding(position, before: batch)
        return [.find(position)]
    }

    mutating func foundAgain(
        _ found: OutstandingBatch?, at position: BatchPosition, before batch: OutstandingBatch, at now: TimeBlock
    ) -> [Effect] {
        guard let found else {
            return renew(
                "the upstream wants sequence \(position.sequence), whose bytes are not kept any more", after: batch,
                at: now)
        }
        // Each is sent again once: an upstream that asks in circles ends in `blocked`.
        catchUp?.resentUpTo = position.sequence
        // Who has lost an epoch from its first batch on may have lost the end of the one before as well.
        let earlier: [Effect] = position.sequence == 1 ? [.requeue(.before(position.epoch))] : []
        if !earlier.isEmpty { hasPending = true }
        return earlier + send(found, previousDelay: nil, at: now)
    }

    private mutating func block(_ batch: OutstandingBatch, _ reason: String, at now: TimeBlock) -> [Effect] {
        state = .blocked(batch, reason: reason)
        return [.audit(draft(.receiptRefused, .failed, batch, reason, at: now)), .publish(.alarm(reason))]
    }

    /// This hub's history is not the one that the upstream knows, so it begins another (threat 13). Nothing is lost by
    /// it: what has no receipt, or was lost there since, goes again, under the same record ids.
    mutating func renew(_ reason: String, after batch: OutstandingBatch, at now: TimeBlock) -> [Effect] {
        guard !hasRenewed else {
            return block(batch, "the new epoch is refused as well: \(reason)", at: now)
        }
        hasRenewed = true
        let lost = catchUp.map { catchUp in
            catchUp.lostFrom == 1
                ? UpstreamLoss.everything
                : .from(BatchPosition(epoch: batch.position.epoch, sequence: catchUp.lostFrom))
        }
        catchUp = nil
        state = .renewing
        let alarm = "a new epoch begins, since this hub was restored or cloned: \(reason)"
        return [.publish(.alarm(alarm)), .renewEpoch(draft(.epochRenewed, .done, batch, alarm, at: now), lost: lost)]
    }
}
