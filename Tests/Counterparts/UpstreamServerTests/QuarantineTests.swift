import CORProtocol
import Testing
import UpstreamServer

@Suite("A rejected batch and what comes after it")
struct QuarantineTests {
    private func status(of reception: BatchReceiver.Reception) throws -> (ReceiptStatus, String?) {
        guard case .receipt(let bytes) = reception else {
            Issue.record("\(reception)")
            return (.rejected, nil)
        }
        let receipt = try SignedReceipt(decoding: bytes).receipt
        return (receipt.status, receipt.reason)
    }

    @Test(
        "The chain goes on over it once its sequences are named, and its records and entries are taken when they come again"
    )
    func namedAndSentAgain() async throws {
        let bench = try await ReceiverBench()
        var hub = bench.hub
        let device = try TestDevice(of: bench.maker)
        let entries = TestAudit.chain(count: 7)
        func send(
            _ records: ClosedRange<UInt64>? = nil, gaps: [Gap] = [], audit: Range<Int>
        ) async throws -> (ReceiptStatus, String?) {
            let items = try records.map { try device.items($0) } ?? []
            let batch = try hub.cut(items, gaps: gaps, audit: Array(entries[audit]))
            return try status(of: await bench.receiver.receive(batch.bytes, from: hub.id))
        }

        #expect(try await send(1...2, audit: 0..<2) == (.accepted, nil))
        // 3 is neither sent nor named.
        #expect(try await send(4...5, audit: 2..<4).0 == .rejected)
        // Without the names the next would be rejected as well.
        var other = hub
        let silent = try other.cut(try device.items(6...6), audit: Array(entries[4..<5]))
        #expect(
            Ledger.verdict(
                on: silent.batch, history: LedgerHistory(followsRejected: true, accounted: [device.serial: 2]))
                == .rejected(reason: "COR1-0001: sequences 3 to 5 are neither sent nor named as a gap"))
        let names = [Gap.test(device.serial, 3...3), .test(device.serial, 4...5, reason: .quarantined)]
        #expect(try await send(6...6, gaps: names, audit: 4..<6) == (.acceptedWithGaps, nil))
        // Repaired: the same records and the same entries again, and then the log goes on.
        #expect(try await send(4...5, audit: 2..<4) == (.accepted, nil))
        #expect(try await send(audit: 6..<7) == (.accepted, nil))
        #expect(try await send(audit: 6..<7).1 == "audit entry 7 is here already")
    }

    @Test("In a new epoch what was rejected before comes again, and the log goes on from what the earlier epoch holds")
    func sentAgainInNewEpoch() async throws {
        let bench = try await ReceiverBench()
        var hub = bench.hub
        let device = try TestDevice(of: bench.maker)
        let entries = TestAudit.chain(count: 12)
        func send(
            _ records: [ClosedRange<UInt64>], gaps: [Gap] = [], audit: Range<Int>
        ) async throws -> (ReceiptStatus, String?) {
            let batch = try hub.cut(
                try records.flatMap { try device.items($0) }, gaps: gaps, audit: Array(entries[audit]))
            return try status(of: await bench.receiver.receive(batch.bytes, from: hub.id))
        }

        #expect(try await send([1...2], audit: 0..<2) == (.accepted, nil))
        #expect(try await send([4...5], audit: 2..<4).0 == .rejected)
        let names = [Gap.test(device.serial, 3...5), .test(device.serial, 7...8)]
        #expect(try await send([6...6], gaps: names, audit: 4..<6) == (.acceptedWithGaps, nil))
        try hub.beginEpoch(2)
        // 6 is the earlier epoch's record, 7 and 8 are its gap.
        #expect(try await send([4...5, 9...9], audit: 2..<4) == (.accepted, nil))
        #expect(try await send([], audit: 6..<7) == (.accepted, nil))
        #expect(try await send([11...11], audit: 7..<9).0 == .rejected)
        try hub.beginEpoch(3)
        #expect(try await send([], audit: 0..<1) == (.accepted, nil))
        // Entries 8 and 9 went down with the rejected batch, and nobody has sent them again yet.
        #expect(try await send([], audit: 9..<10) == (.accepted, nil))
        #expect(try await send([], audit: 11..<12).1 == "audit entry 12 does not follow entry 10")
    }
}
