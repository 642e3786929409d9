import CORProtocol
import HubCore
import Testing

@Suite("The forwarder in a backlog")
struct ForwarderLookAheadTests {
    private typealias Event = Forwarder.Event
    private typealias Effect = Forwarder.Effect

    private var upstream: TestUpstream
    private var forwarder: Forwarder
    private let batches: [OutstandingBatch]

    init() throws {
        upstream = try TestUpstream()
        forwarder = Forwarder(policy: ForwardingPolicy(), verifier: upstream.verifier)
        batches = try (1...4).map { try .sample(UInt64($0)) }
        _ = forwarder.handle(.started(outstanding: nil, newestReceiptMilliseconds: nil), at: .at(), chance: 0)
    }

    private mutating func tell(_ event: Event) -> [Effect] {
        forwarder.handle(event, at: .at(), chance: 0)
    }

    private func cut(_ index: Int) -> BatchCut { BatchCut(batches[index], itemCount: 25, hasMore: true) }

    private func announced(_ index: Int) -> Effect {
        .publish(
            .batchCut(
                epoch: batches[index].position.epoch, sequence: batches[index].position.sequence, itemCount: 25,
                length: batches[index].bytes.count))
    }

    private mutating func answered(_ index: Int, _ status: ReceiptStatus = .accepted) throws -> Event {
        .submissionEnded(.receipt(try upstream.signed(upstream.receipt(for: batches[index], status: status))))
    }

    /// What the stored receipt says of the batches behind.
    private func behind(_ effects: [Effect]) -> BatchesBehind? {
        for case .storeReceipt(_, _, _, _, _, let behind) in effects { return behind }
        return nil
    }

    @Test("While a full batch is on its way the next becomes durable, and is sent before the receipt is stored")
    mutating func pipeline() throws {
        #expect(tell(.batchCut(cut(0))) == [announced(0), .submit(batches[0]), .cutAhead])
        #expect(tell(.batchCutAhead(cut(1))) == [announced(1)])
        for index in 0...1 {
            let effects = tell(try answered(index))
            #expect(effects.first == .submit(batches[index + 1]), "no entry: that is durable with the batch")
            #expect(behind(effects) == .areFollowed)
            #expect(
                tell(.receiptStored(outstanding: batches[index + 1], ahead: cut(index + 2))) == [announced(index + 2)])
        }
        #expect(forwarder.state == .sending(batches[2], previousDelay: nil, behind: .durable(batches[3])))
    }

    @Test("At most one batch is ahead: none is cut behind it before the one on its way has its receipt")
    mutating func one() {
        _ = tell(.batchCut(cut(0)))
        for event in [.batchCutAhead(cut(1)), .itemsStored, .flushRequested, .timerFired(id: 1)] as [Event] {
            #expect(!tell(event).contains { $0 == .cut || $0 == .cutAhead }, "\(event)")
        }
        #expect(forwarder.state == .sending(batches[0], previousDelay: nil, behind: .durable(batches[1])))
    }

    @Test("A batch that leaves nothing waiting has none behind it")
    mutating func last() {
        let effects = tell(.batchCut(BatchCut(batches[0], itemCount: 1, hasMore: false)))
        #expect(!effects.contains(.cutAhead))
    }

    @Test("An answer that comes while the receipt before it is being stored waits for that")
    mutating func answerSooner() throws {
        _ = tell(.batchCut(cut(0)))
        _ = tell(.batchCutAhead(cut(1)))
        _ = tell(try answered(0))
        let answer = try answered(1)
        #expect(tell(answer) == [])
        #expect(tell(answer) == [], "it comes once")
        let effects = tell(.receiptStored(outstanding: batches[1], ahead: cut(2)))
        #expect(effects.prefix(2) == [announced(2), .submit(batches[2])])
        #expect(behind(effects) == .areFollowed)
    }

    @Test("Nothing follows a receipt before it is stored when the batch behind it is still being cut, or none was")
    mutating func notYet() throws {
        for ahead in [nil, cut(1)] {
            var test = self
            _ = test.tell(.batchCut(cut(0)))
            if ahead == nil { _ = test.tell(.batchCutAhead(nil)) }
            let effects = test.tell(try test.answered(0))
            #expect(behind(effects) == .stay && !effects.contains(Effect.submit(batches[1])))
            #expect(test.tell(.batchCutAhead(ahead)) == (ahead == nil ? [] : [announced(1)]))
            let following = test.tell(.receiptStored(outstanding: ahead?.batch))
            if let ahead {
                #expect(following.suffix(2) == [.submit(ahead.batch), .cutAhead])
                #expect(following.count == 3, "a transmission of its own has its own entry")
            } else {
                #expect(following == [.cut])
            }
        }
    }

    @Test("A rejection withdraws what was cut behind the batch: it was never sent, and the next names the rejected")
    mutating func rejection() throws {
        _ = tell(.batchCut(cut(0)))
        _ = tell(.batchCutAhead(cut(1)))
        let effects = tell(try answered(0, .rejected))
        #expect(behind(effects) == .areWithdrawn)
        #expect(!effects.contains(Effect.submit(batches[1])))
        #expect(tell(.receiptStored(outstanding: nil)) == [.cut])
    }

    @Test(
        "A rejection of the batch that followed at once is stored behind the receipt before it, and withdraws as well")
    mutating func laterRejection() throws {
        _ = tell(.batchCut(cut(0)))
        _ = tell(.batchCutAhead(cut(1)))
        _ = tell(try answered(0))
        #expect(tell(try answered(1, .rejected)) == [])
        #expect(behind(tell(.receiptStored(outstanding: batches[1], ahead: cut(2)))) == .areWithdrawn)
    }

    @Test("A batch behind one that had to be sent again goes with an entry of its own, behind the stored receipt")
    mutating func afterRetry() throws {
        _ = tell(.batchCut(cut(0)))
        _ = tell(.batchCutAhead(cut(1)))
        let waiting = tell(.submissionEnded(.retry(after: nil, cause: .connectionLost)))
        guard case .startTimer(let id, _)? = waiting.first else {
            Issue.record("\(waiting)")
            return
        }
        #expect(tell(.timerFired(id: id)).last == .submit(batches[0]))
        #expect(behind(tell(try answered(0))) == .stay)
        let effects = tell(.receiptStored(outstanding: batches[1]))
        #expect(
            effects == [
                .audit(Forwarder.sendingEntry(of: batches[1].position, at: .at())), .submit(batches[1]), .cutAhead,
            ])
    }

    @Test("Threat 13: a receipt that expects more than was sent sends nothing ahead of the new epoch")
    mutating func aheadByReceipt() throws {
        _ = tell(.batchCut(cut(0)))
        _ = tell(.batchCutAhead(cut(1)))
        var receipt = try upstream.receipt(for: batches[0])
        receipt.nextSequence = 9
        let effects = tell(.submissionEnded(.receipt(try upstream.signed(receipt))))
        #expect(behind(effects) == .stay && !effects.contains(Effect.submit(batches[1])))
        guard case .renewEpoch? = tell(.receiptStored(outstanding: batches[1])).last else {
            Issue.record("\(forwarder.state)")
            return
        }
    }

    @Test("What is less than a full batch, has a budget, or would have to name something first is not cut ahead")
    func condition() throws {
        var items = PendingItems()
        items.hasMore = true
        let (first, second) = (batches[0].position, batches[1].position)
        let policy = ForwardingPolicy()
        func mayBe(
            _ items: PendingItems, _ policy: ForwardingPolicy = policy, underWay: BatchPosition? = first,
            urgent: [PendingItems.Numbered<Gap>] = []
        ) -> Bool {
            items.mayBeCutAhead(policy, underWay: underWay, head: first, urgent: urgent)
        }
        #expect(mayBe(items))
        #expect(!mayBe(items, underWay: nil) && !mayBe(items, underWay: second), "one ahead")
        var metered = policy
        metered.rawBytesPerDay = 1
        #expect(!mayBe(items, metered))
        let gap = Gap(
            serial: try #require(DeviceSerial("COR1-TEST")), first: 1, last: 1, reason: .quarantined, noticed: .at(),
            detail: "")
        #expect(!mayBe(items, urgent: [.init(item: 1, value: gap)]))
        items.hasMore = false
        #expect(!mayBe(items))
    }
}
