import CBORCoding
import CORProtocol
import HubCore
import Testing

@Suite("A device that lies in its list")
struct LyingListTests {
    private func entry(_ sequence: UInt64) -> RecordEntry {
        RecordEntry(sequence: sequence, length: 10, kind: .logExcerpt, hash: .zero)
    }

    private func listRequests(_ bench: SessionBench) throws -> [UInt64] {
        try bench.effects.compactMap { effect in
            guard case .request(_, .recordList, let payload) = effect else { return nil }
            return try RecordListRequest(decoding: payload).afterSequence
        }
    }

    @Test("An endless list ends after the pages that are allowed, with a trace in the audit")
    func endless() throws {
        var limits = SessionLimits()
        limits.listPageCountMax = 5
        limits.refusedCountMax = 1_000
        var device = try TestDevice()
        device.newestSequence = UInt64(Int64.max)
        var bench = try SessionBench(device, limits: limits)
        try bench.open { effect in
            guard case .request(_, .recordList, let payload) = effect else { return .usual }
            let after = try RecordListRequest(decoding: payload).afterSequence
            let page = RecordListResponse(records: [entry(after + 1), entry(after + 2)], hasMore: true)
            return .event(.answered(payload: page.encoded()))
        }
        #expect(try listRequests(bench) == [0, 2, 4, 6, 8])
        #expect(bench.auditDetails.contains("list-too-long: ended after 5 pages"))
        #expect(bench.isWaiting)
    }

    @Test("A list that always says more and never gives more ends at once")
    func more() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open {
            $0.asks(.recordList)
                ? .event(.answered(payload: RecordListResponse(records: [], hasMore: true).encoded())) : .usual
        }
        #expect(try listRequests(bench) == [0])
        #expect(bench.isWaiting)
    }

    @Test("A list out of order is put in order, and what it names twice is read once")
    func descending() throws {
        var device = try TestDevice()
        try device.close(1...3)
        let entries = device.records.map(TestDevice.entry)
        for (order, kept) in [([0, 2, 1], [1, 2, 3]), ([0, 0, 1, 2], [1, 2, 3]), ([2, 0], [1, 3])]
            as [([Int], [UInt64])]
        {
            var bench = try SessionBench(device)
            try bench.open { effect in
                guard effect.asks(.recordList) else { return .usual }
                let page = RecordListResponse(records: order.map { entries[$0] }, hasMore: false)
                return .event(.answered(payload: page.encoded()))
            }
            #expect(bench.stored.map(\.sequence) == kept)
            #expect(bench.isWaiting)
        }
    }

    @Test("Entries that were not asked for, at or before what is durable, are left out and audited")
    func unasked() throws {
        var device = try TestDevice()
        try device.close(1...4)
        let entries = device.records.map(TestDevice.entry)
        var bench = try SessionBench(device)
        bench.newestDurable = 3
        try bench.open {
            $0.asks(.recordList)
                ? .event(.answered(payload: RecordListResponse(records: entries, hasMore: false).encoded())) : .usual
        }
        #expect(bench.stored.map(\.sequence) == [4])
        #expect(bench.auditDetails.contains("list-not-as-asked: 3 entries left out"))
    }

    @Test("A list that cannot be read ends the session")
    func malformed() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open { $0.asks(.recordList) ? .event(.answered(payload: [0xA1, 0x01])) : .usual }
        #expect(bench.end == .refused(.malformedAnswer(command: CORCommand.recordList.rawValue)))
    }

    @Test("An entry beyond the newest record that the status names is not believed")
    func beyondNewest() throws {
        var device = try TestDevice()
        try device.close(1...1)
        let entries = device.records.map(TestDevice.entry) + [entry(UInt64(Int64.max))]
        var bench = try SessionBench(device)
        try bench.open {
            $0.asks(.recordList)
                ? .event(.answered(payload: RecordListResponse(records: entries, hasMore: false).encoded())) : .usual
        }
        #expect(bench.stored.map(\.sequence) == [1])
        #expect(bench.auditDetails.contains("list-not-as-asked: 1 entries left out"))
    }

    @Test("A list with a record beyond the length limit ends the session before anything is read")
    func tooLong() throws {
        for (length, isRefused) in [(CORLimits.recordLengthMax, false), (CORLimits.recordLengthMax + 1, true)] {
            var device = try TestDevice()
            device.newestSequence = 1
            var bench = try SessionBench(device)
            let long = RecordEntry(sequence: 1, length: length, kind: .logExcerpt, hash: .zero)
            let page = RecordListResponse(records: [long], hasMore: false)
            let read = try bench.open {
                if $0.asks(.recordRead) { return .stop }
                return $0.asks(.recordList) ? .event(.answered(payload: page.encoded())) : .usual
            }
            #expect((read == nil) == isRefused)
        }
    }

    @Test("A device that does not give its list is asked again at the next look")
    func refused() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open { $0.asks(.recordList) ? .event(.refusedByDevice(code: 6)) : .usual }
        #expect(bench.isWaiting)
    }

    @Test("A device whose sequence went back is not told that its new records are safe here")
    func sequenceBack() throws {
        var device = try TestDevice()
        try device.close(1...2)
        var bench = try SessionBench(device)
        bench.newestDurable = 40
        try bench.open()
        #expect(
            bench.auditDetails.contains(
                "sequence-went-back: the device's newest record is 2, stored here are 40"))
        #expect(bench.stored.map(\.sequence) == [1, 2])
        #expect(bench.stored.map(\.missing) == [nil, nil])
        // Nothing is acknowledged before the record of that number was read anew.
        #expect(try bench.acknowledged == [1, 2])
    }
}
