import CORProtocol
import HubCore
import Testing

@Suite("A batch continues the chain of its epoch")
struct BatchDraftTests {
    private let draft: BatchDraft
    private let epoch: Epoch
    private let items: PendingItems

    init() throws {
        let hub = try #require(HubID("hub-0001"))
        draft = BatchDraft(
            hub: hub, software: SoftwareIdentity(version: "0.1.0", buildHash: [], configurationHash: .zero),
            keyProtection: .file)
        epoch = try #require(Epoch(bytes: [UInt8](repeating: 3, count: 16)))
        var items = PendingItems()
        let serial = try #require(DeviceSerial("COR1-0001"))
        items.gaps = [
            .init(
                item: 4,
                value: Gap(serial: serial, first: 1, last: 2, reason: .missing, noticed: .at(), detail: ""))
        ]
        self.items = items
    }

    @Test("Nothing pending makes no batch")
    func nothing() {
        #expect(draft.batch(of: PendingItems(), epoch: epoch, after: nil, at: .at()) == nil)
    }

    @Test("The first batch of an epoch has sequence 1 and a zero hash before it, whatever another epoch ended with")
    func first() throws {
        let other = try #require(Epoch(bytes: [UInt8](repeating: 9, count: 16)))
        let heads = [nil, BatchHead(position: BatchPosition(epoch: other, sequence: 8), hash: .of([1]))]
        for head in heads {
            let batch = try #require(draft.batch(of: items, epoch: epoch, after: head, at: .at()))
            #expect(batch.sequence == 1)
            #expect(batch.previousHash == .zero)
            #expect(batch.gaps == items.gaps.map(\.value))
        }
    }

    @Test("A later batch names the hash of the one before")
    func next() throws {
        let head = BatchHead(position: BatchPosition(epoch: epoch, sequence: 8), hash: .of([1]))
        let batch = try #require(draft.batch(of: items, epoch: epoch, after: head, at: .at(60)))
        #expect(batch.sequence == 9)
        #expect(batch.previousHash == .of([1]))
        #expect(batch.cut == .at(60))
    }
}
