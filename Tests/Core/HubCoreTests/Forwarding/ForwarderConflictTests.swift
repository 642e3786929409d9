import CORProtocol
import COSESigning
import HubCore
import Testing

@Suite("Where the upstream's history and the hub's part")
struct ForwarderConflictTests {
    private typealias Event = Forwarder.Event
    private typealias Effect = Forwarder.Effect

    private var upstream: TestUpstream
    private var forwarder: Forwarder
    private let policy = ForwardingPolicy()
    private let batch: OutstandingBatch

    init() throws {
        upstream = try TestUpstream()
        forwarder = Forwarder(policy: policy, verifier: upstream.verifier)
        batch = try .sample(5)
        _ = forwarder.handle(.started(outstanding: batch, newestReceiptMilliseconds: nil), at: .at(), chance: 0)
    }

    private mutating func tell(_ event: Event, chance: Double = 0) -> [Effect] {
        forwarder.handle(event, at: .at(), chance: chance)
    }

    private func conflict(_ code: String, next: UInt64?) -> Event {
        .submissionEnded(.conflict(SubmissionConflict(code: code, message: "no", nextSequence: next)))
    }

    private func isRenewal(_ effects: [Effect]) -> Bool {
        guard case .publish(.alarm(let alarm))? = effects.first, case .renewEpoch(let draft, _)? = effects.last else {
            return false
        }
        return effects.count == 2 && draft.type == .epochRenewed && draft.detail == alarm
            && alarm.hasPrefix("a new epoch begins")
    }

    @Test(
        "Threat 13: a history that the upstream does not know goes on in a new epoch, with an alarm and an audit entry",
        arguments: [
            ("sequence-reused", 6), ("previous-hash-mismatch", 5), ("sequence-unexpected", 9),
            ("of-another-upstream", 6),
        ] as [(String, UInt64?)])
    func renewal(code: String, next: UInt64?) {
        var test = self
        #expect(isRenewal(test.tell(conflict(code, next: next))))
        #expect(test.forwarder.state == .renewing)
        #expect(test.tell(.itemsStored) == [])
        // Everything without a receipt is pending in the new epoch, so it is cut at once.
        #expect(test.tell(.epochRenewed) == [.cut])
    }

    @Test("Threat 13: a receipt that expects more than the hub has sent leads to a new epoch, once it is stored")
    mutating func aheadByReceipt() throws {
        var receipt = try upstream.receipt(for: batch)
        receipt.nextSequence = 9
        let stored = tell(.submissionEnded(.receipt(try upstream.signed(receipt))))
        #expect(stored.first.map { if case .storeReceipt = $0 { true } else { false } } == true)
        #expect(isRenewal(tell(.receiptStored(outstanding: nil))))
    }

    @Test("A new epoch that is refused as well blocks: epochs are not begun without end")
    mutating func renewedTwice() throws {
        _ = tell(conflict("sequence-reused", next: 6))
        _ = tell(.epochRenewed)
        _ = tell(.batchCut(BatchCut(batch, itemCount: 1, hasMore: false)))
        let effects = tell(conflict("sequence-reused", next: 6))
        #expect(effects.last.map { if case .publish(.alarm) = $0 { true } else { false } } == true)
        guard case .blocked = forwarder.state else {
            Issue.record("\(forwarder.state)")
            return
        }
        // A receipt in between proves that the epoch was taken.
        _ = tell(.flushRequested)
        _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch)))))
        _ = tell(.receiptStored(outstanding: batch))
        #expect(isRenewal(tell(conflict("sequence-reused", next: 6))))
    }

    @Test(
        "Threat 13: a newer life of this hub goes on elsewhere: nothing is sent, cut or stored until a person decides")
    mutating func epochClosed() throws {
        let reason = "the upstream holds another batch here (epoch-closed): no"
        #expect(
            tell(conflict("epoch-closed", next: nil)) == [
                .audit(
                    AuditDraft(
                        .receiptRefused, actor: .forwarder, subject: "batch \(batch.position.epoch.hex)/5",
                        outcome: .failed, time: .at(), detail: reason)),
                .publish(.alarm(reason)),
            ])
        let receipt = try upstream.signed(upstream.receipt(for: batch))
        let later: [Event] = [
            .itemsStored, .timerFired(id: 0), .timerFired(id: 1), .nothingToCut,
            .batchCut(BatchCut(batch, itemCount: 1, hasMore: false)), .submissionEnded(.receipt(receipt)),
            .receiptStored(outstanding: nil),
            .started(outstanding: batch, newestReceiptMilliseconds: nil), .batchFound(batch), .epochRenewed,
        ]
        for event in later {
            #expect(tell(event) == [], "\(event)")
        }
        #expect(forwarder.state == .blocked(batch, reason: reason))
        var asking = self
        #expect(asking.tell(.flushRequested).contains(.submit(batch)), "someone has looked and asks again")
        #expect(isRenewal(tell(.renewalRequested)), "someone has looked and decided")
    }

    @Test("A conflict that no rule explains blocks")
    func unexplained() {
        for (code, next) in [("sequence-unexpected", 5), ("sequence-unexpected", 0), ("what", nil)]
            as [(String, UInt64?)]
        {
            var test = self
            _ = test.tell(conflict(code, next: next))
            guard case .blocked = test.forwarder.state else {
                Issue.record("\(code) \(String(describing: next)): \(test.forwarder.state)")
                continue
            }
        }
    }

    @Test("An upstream that lost batches gets them again in order, before the one that it would not take")
    mutating func upstreamLost() throws {
        let epoch = batch.position.epoch
        let effects = tell(conflict("sequence-unexpected", next: 3))
        #expect(effects.last == .find(BatchPosition(epoch: epoch, sequence: 3)))
        for sequence in [3, 4] as [UInt64] {
            let earlier = try OutstandingBatch.sample(sequence)
            #expect(tell(.batchFound(earlier)).last == .submit(earlier))
            _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: earlier)))))
            let following = tell(.receiptStored(outstanding: batch))
            #expect(
                following.contains(
                    sequence == 3 ? .find(BatchPosition(epoch: epoch, sequence: 4)) : .submit(batch)))
        }
        // Asked in circles, it is not sent without end.
        _ = tell(conflict("sequence-unexpected", next: 3))
        guard case .blocked = forwarder.state else {
            Issue.record("\(forwarder.state)")
            return
        }
    }

    /// The upstream lost the batches from `sequence` on; they are sent again, and `batch` after them.
    private mutating func catchUp(from sequence: UInt64) throws {
        _ = tell(conflict("sequence-unexpected", next: sequence))
        for lost in sequence..<batch.position.sequence {
            let earlier = try OutstandingBatch.sample(lost)
            _ = tell(.batchFound(earlier))
            _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: earlier)))))
            _ = tell(.receiptStored(outstanding: batch))
        }
    }

    @Test("An upstream that is restored a second time gets the same batches a second time")
    mutating func upstreamLostAgain() throws {
        try catchUp(from: 3)
        _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch)))))
        let next = try OutstandingBatch.sample(6)
        _ = tell(.receiptStored(outstanding: next))
        let effects = tell(conflict("sequence-unexpected", next: 3))
        #expect(effects.last == .find(BatchPosition(epoch: batch.position.epoch, sequence: 3)))
    }

    @Test("A new epoch carries what the upstream has lost, though there are receipts for it")
    mutating func lossInNewEpoch() throws {
        try catchUp(from: 3)
        // Restored in the middle of it, to an even earlier state: nothing is sent without end, and a person decides.
        _ = tell(conflict("sequence-unexpected", next: 2))
        guard case .blocked = forwarder.state else {
            Issue.record("\(forwarder.state)")
            return
        }
        guard case .renewEpoch(_, let lost)? = tell(.renewalRequested).last else {
            Issue.record("\(forwarder.state)")
            return
        }
        #expect(lost == .from(BatchPosition(epoch: batch.position.epoch, sequence: 2)))
        // It is told once.
        _ = tell(.epochRenewed)
        _ = tell(.batchCut(BatchCut(batch, itemCount: 1, hasMore: false)))
        _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch)))))
        _ = tell(.receiptStored(outstanding: batch))
        guard case .renewEpoch(_, lost: nil)? = tell(conflict("sequence-reused", next: 6)).last else {
            Issue.record("\(forwarder.state)")
            return
        }
    }

    @Test("An upstream that has lost an epoch from its first batch on may have lost the end of the one before")
    mutating func lostEpoch() throws {
        _ = tell(conflict("sequence-unexpected", next: 1))
        let first = try OutstandingBatch.sample(1)
        var pruned = self
        let effects = tell(.batchFound(first))
        #expect(effects.first == .requeue(.before(batch.position.epoch)))
        #expect(effects.last == .submit(first))
        guard case .renewEpoch(_, lost: .everything)? = pruned.tell(.batchFound(nil)).last else {
            Issue.record("\(pruned.forwarder.state)")
            return
        }
    }

    @Test("What the upstream lost and the hub has pruned cannot be sent again: a new epoch begins")
    mutating func lostOnBothSides() {
        _ = tell(conflict("sequence-unexpected", next: 1))
        #expect(isRenewal(tell(.batchFound(nil))))
    }

    @Test("One rejected batch holds nothing up; when what follows is rejected as well, the pauses grow")
    mutating func rejections() throws {
        var pauses: [Duration] = []
        for round in 0..<8 {
            _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch, status: .rejected)))))
            let effects = tell(.receiptStored(outstanding: nil), chance: 0.999)
            if round == 0 {
                #expect(effects == [.cut])
            } else {
                guard case .startTimer(let id, let pause)? = effects.first else {
                    Issue.record("\(effects)")
                    return
                }
                pauses.append(pause)
                #expect(tell(.itemsStored) == [])
                #expect(tell(.timerFired(id: id - 1)) == [])
                #expect(tell(.timerFired(id: id)) == [.cut])
            }
            _ = tell(.batchCut(BatchCut(batch, itemCount: 1, hasMore: false)))
        }
        #expect(pauses == pauses.sorted() && pauses.last.map { $0 > policy.backoff.longest * 0.99 } == true)
        // An accepted batch ends it; a flush ends a pause.
        _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch)))))
        _ = tell(.receiptStored(outstanding: batch))
        for expected in [false, true] {
            _ = tell(.submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batch, status: .rejected)))))
            #expect((tell(.receiptStored(outstanding: nil)) != [.cut]) == expected)
            if expected { #expect(tell(.flushRequested) == [.cut]) }
            _ = tell(.batchCut(BatchCut(batch, itemCount: 1, hasMore: false)))
        }
    }
}
