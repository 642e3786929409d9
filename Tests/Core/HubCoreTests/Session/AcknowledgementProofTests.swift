import CBORCoding
import CORProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("An acknowledgement says which records it is about, to a device that compares")
struct AcknowledgementProofTests {
    private func bench(_ sequences: ClosedRange<UInt64>) throws -> SessionBench {
        var device = try TestDevice()
        device.capabilities = [RecordAcknowledgeRequest.proofCapability]
        try device.close(sequences)
        return try SessionBench(device)
    }

    /// Answers the first list request with these changes to what the device says.
    private func altering(
        _ device: TestDevice, _ change: @escaping (inout RecordListResponse) -> Void
    ) -> (SessionEffect) throws -> SessionBench.Reply {
        var device = device
        var isAltered = false
        return { effect in
            guard !isAltered, case .request(_, .recordList, let payload) = effect,
                case .answered(let answer) = try device.answer(to: .recordList, payload)
            else { return .usual }
            isAltered = true
            var page = try RecordListResponse(decoding: answer)
            change(&page)
            return .event(.answered(payload: page.encoded()))
        }
    }

    @Test("The proof covers what was listed and not acknowledged yet")
    func proof() throws {
        var bench = try bench(1...3)
        let entries = bench.device.records.map(TestDevice.entry)
        try bench.open()
        let asked = try bench.effects.compactMap { effect -> RecordAcknowledgeRequest? in
            guard case .request(_, .recordAcknowledge, let payload) = effect else { return nil }
            return try RecordAcknowledgeRequest(decoding: payload)
        }
        #expect(
            asked
                == entries.map { RecordAcknowledgeRequest(upToSequence: $0.sequence, proof: .proving([$0])) })
        #expect(bench.device.records.isEmpty && bench.isWaiting)
    }

    @Test("A device without the capability gets no proof, and is told at once what an earlier session handled")
    func without() throws {
        var bench = try bench(3...3)
        bench.device.capabilities = []
        bench.newestDurable = 2
        try bench.open()
        #expect(try bench.acknowledged == [2, 3])
        for case .request(_, .recordAcknowledge, let payload) in bench.effects {
            #expect(try RecordAcknowledgeRequest(decoding: payload).proof == nil)
        }
    }

    @Test("A record that an altered list left out is not freed unread: the list is read again")
    func entryLeftOut() throws {
        var bench = try bench(1...2)
        try bench.open(altering(bench.device) { $0.records.removeFirst() })
        #expect(Set(bench.stored.map(\.sequence)) == [1, 2])
        #expect(bench.device.records.isEmpty && bench.isWaiting)
        #expect(bench.auditDetails.contains { $0.hasPrefix("acknowledgement-differs") })
    }

    @Test("The last record that an altered list left out stays on the device until the next pass")
    func lastEntryLeftOut() throws {
        var bench = try bench(1...2)
        try bench.open(altering(bench.device) { $0.records.removeLast() })
        #expect(bench.stored.map(\.sequence) == [1])
        #expect(bench.device.records.map(\.payload.sequence) == [2] && bench.isWaiting)
    }

    @Test("A sequence that an altered list raised frees nothing unread")
    func sequenceRaised() throws {
        var bench = try bench(1...3)
        try bench.open(
            altering(bench.device) {
                $0.records.removeFirst(); $0.records[0].sequence = 3
            })
        #expect(bench.device.records.isEmpty && bench.isWaiting)
        #expect(Set(bench.stored.filter { $0.refusal == nil }.map(\.sequence)) == [1, 2, 3])
    }

    @Test(
        "A size or hash that an altered list changed frees nothing: the record is read again and kept",
        arguments: [true, false])
    func entryAltered(isSize: Bool) throws {
        var bench = try bench(1...1)
        try bench.open(
            altering(bench.device) {
                if isSize { $0.records[0].length += 1 } else { $0.records[0].hash = .zero }
            })
        #expect(bench.stored.map { $0.refusal != nil } == [true, false])
        #expect(bench.device.records.isEmpty && bench.isWaiting)
    }

    @Test("What an earlier session stored and could not acknowledge is read again, and stored once by its id")
    func earlierSession() throws {
        var bench = try bench(1...3)
        bench.newestDurable = 2
        try bench.open()
        #expect(bench.stored.map(\.sequence) == [1, 2, 3])
        #expect(bench.stored.allSatisfy { $0.missing == nil })
        #expect(bench.device.records.isEmpty)
    }

    @Test("An acknowledgement without an answer is followed by the whole list")
    func unanswered() throws {
        var bench = try bench(1...2)
        var isLost = false
        try bench.open { effect in
            guard !isLost, effect.asks(.recordAcknowledge) else { return .usual }
            isLost = true
            return .event(.unanswered)
        }
        #expect(bench.device.records.isEmpty && bench.isWaiting)
        #expect(bench.stored.map(\.sequence) == [1, 1, 2])
    }

    @Test("A device that never agrees is asked a few times a pass, and then rests until the next")
    func endlessDispute() throws {
        var bench = try bench(1...1)
        try bench.open { effect in
            guard effect.asks(.recordAcknowledge) else { return .usual }
            return .event(.refusedByDevice(code: Int64(CORReturnCode.proofDiffers.rawValue)))
        }
        #expect(bench.isWaiting)
        #expect(bench.commands.count { $0 == .recordAcknowledge } == SessionLimits().disputeCountMax)
    }
}

extension SHA256Hash {
    static func proving(_ entries: [RecordEntry]) -> SHA256Hash {
        RecordAcknowledgeRequest.proof(of: entries)
    }
}
