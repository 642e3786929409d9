import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import Testing

@Suite("The forwarder")
struct ForwarderTests {
    private typealias Event = Forwarder.Event
    private typealias Effect = Forwarder.Effect

    private var upstream: TestUpstream
    private var forwarder: Forwarder
    private let policy = ForwardingPolicy()
    private let batch: OutstandingBatch

    init() throws {
        upstream = try TestUpstream()
        forwarder = Forwarder(policy: policy, verifier: upstream.verifier)
        batch = try .sample()
    }

    private mutating func tell(_ event: Event, chance: Double = 0) -> [Effect] {
        forwarder.handle(event, at: .at(), chance: chance)
    }

    private func entry(_ type: AuditType, _ outcome: AuditOutcome, _ detail: String = "") -> AuditDraft {
        AuditDraft(
            type, actor: .forwarder, subject: "batch \(batch.position.epoch.hex)/1", outcome: outcome, time: .at(),
            detail: detail)
    }

    private func sent(_ batch: OutstandingBatch) -> [Effect] {
        [.audit(entry(.batchSent, .done)), .submit(batch)]
    }

    private mutating func startIdle() {
        _ = tell(.started(outstanding: nil, newestReceiptMilliseconds: nil))
        _ = tell(.nothingToCut)
    }

    private mutating func startSending() {
        _ = tell(.started(outstanding: batch, newestReceiptMilliseconds: nil))
    }

    @Test("A start without an outstanding batch looks for items, and rests until the heartbeat")
    mutating func start() {
        #expect(tell(.started(outstanding: nil, newestReceiptMilliseconds: nil)) == [.cut])
        #expect(tell(.nothingToCut) == [.startTimer(id: 1, after: policy.heartbeat)])
        #expect(forwarder.state == .idle(timer: 1))
        #expect(tell(.timerFired(id: 1)) == [.cut])
    }

    @Test("A batch that an earlier life left without a receipt is sent first, with the same bytes")
    mutating func outstanding() {
        #expect(tell(.started(outstanding: batch, newestReceiptMilliseconds: nil)) == sent(batch))
        #expect(forwarder.state == .sending(batch, previousDelay: nil, behind: .none))
    }

    @Test("The first item waits for company, a flush does not")
    mutating func linger() {
        startIdle()
        #expect(tell(.itemsStored) == [.startTimer(id: 2, after: policy.linger)])
        #expect(tell(.itemsStored) == [])
        #expect(tell(.timerFired(id: 1)) == [])
        #expect(tell(.timerFired(id: 2)) == [.cut])

        startSecondTime()
        #expect(tell(.itemsStored) == [.startTimer(id: 2, after: policy.linger)])
        #expect(tell(.flushRequested) == [.cut])
    }

    private mutating func startSecondTime() {
        forwarder = Forwarder(policy: policy, verifier: upstream.verifier)
        startIdle()
    }

    @Test("A batch that was cut is announced and sent; its receipt is stored, and then the next is cut")
    mutating func wholeWay() throws {
        _ = tell(.started(outstanding: nil, newestReceiptMilliseconds: nil))
        let cut = MonitorEvent.batchCut(
            epoch: batch.position.epoch, sequence: 1, itemCount: 3, length: batch.bytes.count)
        #expect(tell(.batchCut(BatchCut(batch, itemCount: 3, hasMore: false))) == [.publish(cut), .submit(batch)])
        #expect(Forwarder.sendingEntry(of: batch.position, at: .at()) == entry(.batchSent, .done))

        let receipt = try upstream.receipt(for: batch)
        let bytes = try upstream.signed(receipt)
        #expect(
            tell(.submissionEnded(.receipt(bytes))) == [
                .storeReceipt(
                    receipt, bytes: bytes, of: batch, naming: [], noting: entry(.receiptAccepted, .accepted),
                    behind: .stay),
                .publish(.receiptAccepted(epoch: batch.position.epoch, sequence: 1, leafIndex: 0)),
            ])
        #expect(forwarder.state == .storingReceipt(batch))
        #expect(tell(.itemsStored) == [])
        #expect(tell(.receiptStored(outstanding: nil)) == [.cut])
        #expect(tell(.nothingToCut) == [.startTimer(id: 1, after: policy.heartbeat)])
    }

    @Test("Items that come while a batch is under way are cut after it, without lingering")
    mutating func itemsMeanwhile() throws {
        startIdle()
        _ = tell(.flushRequested)
        _ = tell(.batchCut(BatchCut(batch, itemCount: 1, hasMore: false)))
        #expect(tell(.itemsStored) == [])
        _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch)))))
        #expect(tell(.receiptStored(outstanding: nil)) == [.cut])
    }

    @Test("Without new items, the receipt is followed by rest")
    mutating func restAfterReceipt() throws {
        startIdle()
        _ = tell(.flushRequested)
        _ = tell(.batchCut(BatchCut(batch, itemCount: 1, hasMore: false)))
        _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch)))))
        #expect(tell(.receiptStored(outstanding: nil)) == [.startTimer(id: 2, after: policy.heartbeat)])
    }

    @Test("Another outstanding batch follows the stored receipt before anything is cut")
    mutating func backlog() throws {
        startSending()
        _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch)))))
        let next = try OutstandingBatch.sample(2)
        #expect(tell(.receiptStored(outstanding: next)).suffix(2) == [.submit(next), .cutAhead])
    }

    @Test("A forged receipt never reaches storage: any changed byte means to keep everything and to come again")
    mutating func forgedReceipt() throws {
        startSending()
        let good = try upstream.signed(upstream.receipt(for: batch))
        for index in good.indices {
            var bytes = good
            bytes[index] ^= 0x80
            var attempt = forwarder
            let effects = attempt.handle(.submissionEnded(.receipt(bytes)), at: .at(), chance: 0)
            #expect(
                !effects.contains { if case .storeReceipt = $0 { true } else { false } }, "byte \(index) may be changed"
            )
            guard case .waiting(batch, _, _, _) = attempt.state else {
                Issue.record("byte \(index): \(attempt.state)")
                continue
            }
        }
    }

    @Test("A refused receipt is audited, published and followed by a delay")
    mutating func refusedReceipt() throws {
        startSending()
        let forged = try upstream.signed(upstream.receipt(for: batch), key: P256.Signing.PrivateKey())
        let reason = ReceiptVerifier.Refusal.signatureInvalid.description
        #expect(
            tell(.submissionEnded(.receipt(forged))) == [
                .audit(entry(.receiptRefused, .refused, reason)),
                .publish(.receiptRefused(epoch: batch.position.epoch, sequence: 1, reason: reason)),
                .startTimer(id: 1, after: policy.backoff.shortest),
                .publish(
                    .batchWaits(
                        epoch: batch.position.epoch, sequence: 1, after: policy.backoff.shortest, reason: reason)),
            ])
    }

    @Test("A genuine rejection is stored, alarms, and does not stop what comes after")
    mutating func rejected() throws {
        startSending()
        let receipt = try upstream.receipt(for: batch, status: .rejected)
        let bytes = try upstream.signed(receipt)
        let reason = "the upstream rejected the batch: signature"
        #expect(
            tell(.submissionEnded(.receipt(bytes))) == [
                .storeReceipt(
                    receipt, bytes: bytes, of: batch, naming: [], noting: entry(.quarantine, .refused, reason),
                    behind: .areWithdrawn),
                .publish(.alarm(reason)),
            ])
        #expect(tell(.receiptStored(outstanding: nil)) == [.cut])
    }

    @Test("An unreachable upstream is tried again with growing delays, and each outlived timer is ignored")
    mutating func outage() {
        startSending()
        var timer: UInt64 = 0
        var delays: [Duration] = []
        for _ in 0..<8 {
            let effects = tell(.submissionEnded(.retry(after: nil, cause: .connectionLost)), chance: 0.999)
            timer += 1
            guard case .startTimer(timer, let delay)? = effects.first else {
                Issue.record("\(effects)")
                return
            }
            delays.append(delay)
            #expect(tell(.timerFired(id: timer - 1)) == [])
            #expect(tell(.timerFired(id: timer)) == sent(batch))
        }
        #expect(delays == delays.sorted())
        #expect(delays.allSatisfy { $0 >= policy.backoff.shortest && $0 <= policy.backoff.longest })
        #expect(delays.last.map { $0 > policy.backoff.longest * 0.99 } == true)
    }

    @Test("Retry-After is never undercut")
    mutating func retryAfter() {
        startSending()
        #expect(
            tell(.submissionEnded(.retry(after: .seconds(120), cause: .unavailable(status: 503)))).first
                == .startTimer(id: 1, after: .seconds(120)))
    }

    @Test("A flush cuts a delay short, and the timer of that delay no longer counts")
    mutating func flush() {
        startSending()
        _ = tell(.submissionEnded(.retry(after: .seconds(120), cause: .unavailable(status: 503))))
        #expect(tell(.flushRequested) == sent(batch))
        #expect(tell(.timerFired(id: 1)) == [])
        #expect(tell(.flushRequested) == [])
    }

    @Test("A batch that the upstream will not take is asked for seldom, and alarms")
    mutating func refused() {
        startSending()
        let effects = tell(.submissionEnded(.refused(status: 403, code: "wrong-hub", message: "not yours")))
        let reason = "the upstream refuses (403 wrong-hub): not yours"
        #expect(
            effects.prefix(3) == [
                .audit(entry(.receiptRefused, .refused, reason)), .publish(.alarm(reason)),
                .startTimer(id: 1, after: policy.backoff.longest),
            ])
    }

    @Test("An answer that comes in another state than sending is ignored, a genuine receipt too")
    mutating func outOfTurn() throws {
        let receipt = Event.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch))))
        let conflict = Event.submissionEnded(
            .conflict(SubmissionConflict(code: "x", message: "y", nextSequence: nil)))
        func ignores(_ forwarder: Forwarder, _ events: [Event]) {
            for event in events {
                var attempt = forwarder
                #expect(attempt.handle(event, at: .at(), chance: 0) == [], "\(event) in \(forwarder.state)")
                #expect(attempt.state == forwarder.state)
            }
        }
        ignores(forwarder, [receipt, conflict, .flushRequested, .timerFired(id: 0), .nothingToCut])
        startIdle()
        ignores(forwarder, [receipt, conflict, .nothingToCut, .receiptStored(outstanding: nil), .timerFired(id: 9)])
        _ = tell(.itemsStored)
        ignores(forwarder, [receipt, conflict, .nothingToCut, .receiptStored(outstanding: batch)])
        _ = tell(.flushRequested)
        ignores(forwarder, [receipt, conflict, .flushRequested, .timerFired(id: 2)])
        _ = tell(.batchCut(BatchCut(batch, itemCount: 1, hasMore: false)))
        ignores(
            forwarder,
            [
                .flushRequested, .nothingToCut, .batchCut(BatchCut(batch, itemCount: 2, hasMore: false)),
                .timerFired(id: 1),
            ])
        _ = tell(.submissionEnded(.retry(after: nil, cause: .nameNotResolved)))
        ignores(forwarder, [receipt, conflict, .nothingToCut, .timerFired(id: 2), .renewalRequested, .epochRenewed])
    }

    @Test("What the upstream says stays within the audit's bounds, however long it is")
    mutating func longReason() {
        startSending()
        let message = String(repeating: "é", count: 4_000)
        for effect in tell(.submissionEnded(.refused(status: 400, code: "x", message: message))) {
            if case .audit(let draft) = effect {
                #expect(draft.detail.utf8.count <= CORLimits.auditDetailLengthMax)
            }
        }
    }
}
