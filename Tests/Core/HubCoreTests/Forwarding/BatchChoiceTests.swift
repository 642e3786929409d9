import CORProtocol
import HubCore
import Testing

@Suite("Which pending items a batch takes")
struct BatchChoiceTests {
    private let serial: DeviceSerial
    private let items: PendingItems

    /// Records of 100 bytes as items 2, 4, 6, 8; gaps as items 3 and 7, one that names what lies before all as
    /// item 9, and one that names what was overwritten behind them as item 10.
    init() throws {
        let serial = try #require(DeviceSerial("COR1-0001"))
        self.serial = serial
        func gap(_ item: UInt64, _ reason: GapReason, of sequence: UInt64) -> PendingItems.Numbered<Gap> {
            .init(
                item: item,
                value: Gap(
                    serial: serial, first: sequence, last: sequence, reason: reason, noticed: .at(), detail: ""))
        }
        var items = PendingItems()
        items.records = [2, 4, 6, 8].map { number in
            .init(
                item: number,
                value: RecordItem(
                    recordID: .of([UInt8(number)]), serial: serial, sequence: number,
                    bytes: [UInt8](repeating: 1, count: 100), received: .at(), link: .udp, trust: .attested,
                    subject: nil,
                    backfilled: false, clockOffsetMilliseconds: nil))
        }
        items.gaps = [
            gap(3, .missing, of: 3), gap(7, .refused, of: 7), gap(9, .quarantined, of: 1),
            gap(10, .overwritten, of: 9),
        ]
        items.hasMore = true
        self.items = items
    }

    private func taken(_ lengthMax: Int, first: Bool = false) -> [UInt64] {
        items.limitingRecords(to: RawAllowance(lengthMax: lengthMax, takesFirst: first)).itemsInLeafOrder
    }

    @Test("Records beyond the allowance wait, and gaps behind them; what has to be named before them goes")
    func allowance() {
        #expect(taken(400) == [2, 4, 6, 8, 3, 7, 9, 10])
        #expect(taken(399) == [2, 4, 6, 3, 7, 9])
        #expect(taken(200) == [2, 4, 3, 9])
        #expect(taken(99) == [9])
        #expect(taken(99, first: true) == [2, 3, 9])
        #expect(taken(0) == [9])
        // What waits for the budget is not asked for again at once.
        #expect(items.limitingRecords(to: RawAllowance(lengthMax: 0, takesFirst: false)).hasMore == false)
        #expect(items.limitingRecords(to: RawAllowance(lengthMax: 400, takesFirst: false)).hasMore)
    }

    @Test("Gaps that must be named come first, and once")
    func naming() {
        let urgent = [items.gaps[2], items.gaps[0]]
        #expect(items.naming(urgent).gaps.map(\.item) == [9, 3, 7, 10])
        #expect(items.naming([]) == items)
        #expect(PendingItems().naming(urgent).count == 2)
    }

    @Test("While more gaps have to be named than a batch takes, it takes only what lies before them")
    func moreToName() {
        let chosen = items.chosen(urgent: [items.gaps[1]], hasMoreUrgent: true, raw: nil)
        #expect(chosen.itemsInLeafOrder == [2, 4, 6, 7, 3, 9] && chosen.hasMore)
    }

    @Test("Where the first lane fills the batch, nothing is named before the records that it leaves out")
    func filledByEntries() {
        var filled = PendingItems()
        filled.hasMore = true
        for hasMoreUrgent in [false, true] {
            #expect(filled.chosen(urgent: [items.gaps[3]], hasMoreUrgent: hasMoreUrgent, raw: nil) == filled)
        }
        filled.hasMore = false
        #expect(filled.chosen(urgent: [items.gaps[3]], raw: nil).itemsInLeafOrder == [10])
    }

    @Test("Audit entries that do not follow each other wait for the next batch")
    func auditChain() {
        func pending(_ sequences: [UInt64]) -> PendingItems {
            var items = PendingItems()
            items.audit = sequences.map { sequence in
                .init(
                    item: sequence,
                    value: .sealing(
                        sequence: sequence, previousHash: .of([1]), type: .start, actor: .agent, subject: "",
                        outcome: "done",
                        time: .at()))
            }
            return items
        }
        func kept(_ sequences: [UInt64]) -> ([UInt64], Bool) {
            let items = pending(sequences).keepingAuditChain()
            return (items.audit.map(\.value.sequence), items.hasMore)
        }
        #expect(kept([]) == ([], false))
        #expect(kept([5]) == ([5], false))
        #expect(kept([5, 6, 7]) == ([5, 6, 7], false))
        #expect(kept([5, 6, 9, 10]) == ([5, 6], true))
        #expect(kept([5, 9]) == ([5], true))
    }
}
