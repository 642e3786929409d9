import CBORCoding
import CORProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("Records are fetched, stored and only then acknowledged")
struct RecordDeliveryTests {
    @Test("Each record is acknowledged after it is durable, and before the next is read")
    func order() throws {
        var device = try TestDevice()
        try device.close(1...5)
        let records = device.records
        var bench = try SessionBench(device)
        try bench.open()

        var durable: UInt64 = 0
        for effect in bench.effects {
            switch effect {
            case .store(let delivery):
                #expect(delivery.sequence == durable + 1)
                durable = delivery.sequence
            case .request(_, .recordAcknowledge, let payload):
                let upTo = try RecordAcknowledgeRequest(decoding: payload).upToSequence
                #expect(upTo == durable)
            default:
                break
            }
        }
        #expect(try bench.acknowledged == [1, 2, 3, 4, 5])
        #expect(bench.device.records.isEmpty)
        #expect(bench.isWaiting)
        #expect(bench.stored.map(\.content) == records.map { .record(item(of: $0), $0) })
        #expect(bench.stored.allSatisfy { $0.missing == nil })
    }

    private func item(of record: SignedRecord) -> RecordItem {
        RecordItem(
            recordID: record.id, serial: record.payload.serial, sequence: record.payload.sequence, bytes: record.bytes,
            received: .at(), link: .udp, trust: .attested, subject: nil, backfilled: false,
            clockOffsetMilliseconds: -90_000)
    }

    @Test("While the store works, nothing is asked of the device")
    func storing() throws {
        var device = try TestDevice()
        try device.close(1...1)
        var bench = try SessionBench(device)
        try bench.open { if case .store = $0 { .stop } else { .usual } }
        let late: [SessionEvent] = [
            .answered(payload: [0xA0]), .refusedByDevice(code: 1), .timerFired(id: 1),
            .notified(command: CORCommand.recordReady.rawValue, payload: RecordReadyEvent(sequence: 2).encoded()),
        ]
        for event in late {
            #expect(bench.tell(event) == [], "\(event)")
        }
        #expect(
            bench.tell(.stored) == [
                .request(.write, .recordAcknowledge, payload: RecordAcknowledgeRequest(upToSequence: 1).encoded())
            ])
    }

    @Test("A store that refuses ends the session, and the device keeps its record")
    func notStored() throws {
        var device = try TestDevice()
        try device.close(1...2)
        var bench = try SessionBench(device)
        try bench.open { if case .store = $0 { .event(.notStored) } else { .usual } }
        #expect(bench.end == .storageRefused)
        #expect(try bench.acknowledged == [])
        #expect(bench.device.records.count == 2)
    }

    @Test("What an earlier session made durable is acknowledged before anything is listed")
    func acknowledgedAgain() throws {
        var device = try TestDevice()
        try device.close(1...3)
        var bench = try SessionBench(device)
        bench.newestDurable = 2
        try bench.open()
        #expect(
            bench.commands == [
                .identity, .attest, .owner, .clock, .clock, .status, .recordAcknowledge, .recordList, .recordRead,
                .recordRead,
                .recordAcknowledge,
            ])
        #expect(bench.stored.map(\.sequence) == [3])
    }

    @Test("An acknowledgement that was never answered is uncertain: the list is read again, and nothing comes twice")
    func uncertainAcknowledgement() throws {
        for deviceActed in [true, false] {
            var device = try TestDevice()
            try device.close(1...4)
            var bench = try SessionBench(device)
            var isFirst = true
            try bench.open { effect in
                guard effect.asks(.recordAcknowledge), isFirst else { return .usual }
                isFirst = false
                return .stop
            }
            if deviceActed {
                _ = try bench.device.answer(
                    to: .recordAcknowledge, RecordAcknowledgeRequest(upToSequence: 1).encoded())
            }
            let next = bench.tell(.unanswered)
            #expect(
                next == [
                    .request(.read, .recordList, payload: RecordListRequest(afterSequence: 1, countMax: 64).encoded())
                ])
            try bench.play(next)
            #expect(bench.stored.map(\.sequence) == [1, 2, 3, 4])
            #expect(bench.device.records.isEmpty)
        }
    }

    @Test("A device that refuses an acknowledgement is read on")
    func refusedAcknowledgement() throws {
        var device = try TestDevice()
        try device.close(1...3)
        var bench = try SessionBench(device)
        try bench.open { $0.asks(.recordAcknowledge) ? .event(.refusedByDevice(code: 4)) : .usual }
        #expect(bench.stored.map(\.sequence) == [1, 2, 3])
        #expect(bench.isWaiting)
    }

    @Test("A read that the link cut off is resumed by the next session where it ended")
    func resumed() throws {
        var device = try TestDevice()
        device.pieceLengthMax = 100
        device.records = [try device.record(1, lineCount: 40)]
        device.newestSequence = 1
        var first = try SessionBench(device)
        var readCount = 0
        try first.open { effect in
            guard effect.asks(.recordRead) else { return .usual }
            readCount += 1
            return readCount == 4 ? .event(.linkGone) : .usual
        }
        #expect(first.end == .linkGone)
        #expect(first.session.interrupted?.bytes == Array(device.records[0].bytes.prefix(300)))

        var second = try SessionBench(device)
        second.interrupted = first.session.interrupted
        let read = try second.open { $0.asks(.recordRead) ? .stop : .usual }
        #expect(
            read
                == .request(
                    .read, .recordRead,
                    payload: RecordReadRequest(sequence: 1, offset: 300, lengthMax: 32_768).encoded()))
        try second.play(read.map { [$0] } ?? [])
        #expect(second.stored.map(\.content) == [.record(item(of: device.records[0]), device.records[0])])
    }

    @Test("A read is not resumed with bytes of another record: another hash, or another device")
    func notResumed() throws {
        var device = try TestDevice()
        device.pieceLengthMax = 100
        try device.close(1...1)
        var first = try SessionBench(device)
        var readCount = 0
        try first.open { effect in
            guard effect.asks(.recordRead) else { return .usual }
            readCount += 1
            return readCount == 2 ? .event(.unanswered) : .usual
        }
        #expect(first.end == .silent)
        let interrupted = try #require(first.session.interrupted)

        var replaced = device
        replaced.records = [try device.record(1, lineCount: 5)]
        var other = try TestDevice("COR1-0002")
        other.pieceLengthMax = 100
        try other.close(1...1)
        for next in [replaced, other] {
            var second = try SessionBench(next)
            second.interrupted = interrupted
            let read = try second.open { $0.asks(.recordRead) ? .stop : .usual }
            #expect(
                read
                    == .request(
                        .read, .recordRead,
                        payload: RecordReadRequest(sequence: 1, offset: 0, lengthMax: 32_768).encoded()))
        }
    }

    @Test("A record that was closed an hour ago is fresh, one a millisecond older is marked backfilled")
    func backfilled() throws {
        let now = TimeBlock.at().wallMilliseconds
        for (age, expected) in [(3_600_000, false), (3_600_001, true)] as [(Int64, Bool)] {
            var device = try TestDevice()
            // The device's clock is 90 s behind, and so is what it wrote into the record.
            device.records = [try device.record(1, closed: now - age - 90_000)]
            device.newestSequence = 1
            var bench = try SessionBench(device)
            try bench.open()
            guard case .record(let item, _)? = bench.stored.first?.content else {
                Issue.record("nothing was stored")
                return
            }
            #expect(item.backfilled == expected)
        }
    }

    @Test("The subject of the configuration goes with each record")
    func subject() throws {
        var device = try TestDevice()
        try device.close(1...1)
        let subject = try #require(SubjectID("subject-0001"))
        var bench = try SessionBench(device, subject: subject)
        try bench.open()
        guard case .record(let item, _)? = bench.stored.first?.content else {
            Issue.record("nothing was stored")
            return
        }
        #expect(item.subject == subject)
    }

    @Test("Sequences that the device no longer has are named as missing")
    func missing() throws {
        var device = try TestDevice()
        device.records = [try device.record(4), try device.record(5), try device.record(9)]
        device.newestSequence = 9
        var bench = try SessionBench(device)
        bench.newestDurable = 2
        try bench.open()
        #expect(bench.stored.map(\.missing) == [3...3, nil, 6...8])
    }
}
