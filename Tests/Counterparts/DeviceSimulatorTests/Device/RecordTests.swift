import CORProtocol
import COSESigning
import Crypto
import DeviceSimulator
import SMPProtocol
import Testing

@Suite("Records of the device")
struct RecordTests {
    @Test("A run ends in a record that the device's key signed")
    func signedRecord() throws {
        var bench = try DeviceBench()
        let sequence = try bench.makeRun()
        let page = try bench.list()
        let entry = try #require(page.records.first)
        let bytes = try bench.readRecord(sequence)
        #expect(!page.hasMore)
        #expect(page.records == [entry])
        #expect(entry.sequence == 1 && entry.kind == .sedimentationRun)
        #expect(entry.length == bytes.count)
        #expect(entry.hash == .of(bytes))
        let record = try SignedRecord(decoding: bytes)
        #expect(record.verdict(key: bench.key) == .valid)
        #expect(record.certificateChain == [bench.identity.certificate])
        #expect(record.payload.serial == bench.identity.serial)
        #expect(record.payload.sequence == 1)
    }

    @Test("A run of 30 minutes has a sample in each 5 s and spans 30 minutes of the device's time")
    func spansItsTime() throws {
        var bench = try DeviceBench()
        _ = try bench.ask(.write, .clock, ClockSetRequest(wallMilliseconds: 1_900_000_000_000), for: ClockResponse.self)
        let payload = try SignedRecord(decoding: bench.readRecord(bench.makeRun())).payload
        guard case .sedimentationRun(let run) = payload.body else {
            Issue.record("not a run")
            return
        }
        #expect(run.fallsMicrometres.count == 361)
        #expect(run.samplePeriodMilliseconds == 5_000)
        #expect(run.end == .complete)
        #expect(run.geometry.columnMicrometres == 60_000 && run.geometry.bloodPerMille == 800)
        let start = try #require(run.start)
        #expect(payload.closed.uptimeMilliseconds - start.time.uptimeMilliseconds == 1_800_000)
        #expect(try #require(payload.closed.wallMilliseconds) - #require(start.time.wallMilliseconds) == 1_800_000)
    }

    @Test("A record is durable before it is told of")
    func durableFirst() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.run(artefact: .none, minutes: 30, seed: nil))
        let passed = bench.pass(.seconds(4))
        let keep = try #require(passed.firstIndex { if case .keep = $0 { true } else { false } })
        let ready = try #require(
            passed.firstIndex {
                if case .notify(let bytes) = $0 { bytes[7] == CORCommand.recordReady.rawValue } else { false }
            })
        #expect(keep < ready)
    }

    @Test("What is acknowledged is freed, and an acknowledgement never goes back")
    func acknowledge() throws {
        var bench = try DeviceBench()
        for _ in 1...3 { try bench.makeRun() }
        func acknowledged(_ sequence: UInt64) throws -> UInt64 {
            try bench.ask(
                .write, .recordAcknowledge, RecordAcknowledgeRequest(upToSequence: sequence),
                for: RecordAcknowledgeResponse.self
            ).upToSequence
        }
        #expect(try acknowledged(2) == 2)
        #expect(bench.effects.contains(.discard(sequences: [1, 2])))
        #expect(try acknowledged(1) == 2)
        #expect(try bench.list().records.map(\.sequence) == [3])
        #expect(try acknowledged(99) == 3)
        #expect(try bench.list().records.isEmpty)
        #expect(bench.model.snapshot.acknowledgedSequence == 3)
    }

    @Test("An acknowledgement with the proof of other records frees nothing; repeated, it needs none")
    func acknowledgementProof() throws {
        var bench = try DeviceBench()
        for _ in 1...3 { try bench.makeRun() }
        let kept = try bench.list().records
        func acknowledge(_ sequence: UInt64, _ meant: [RecordEntry]) throws -> UInt64 {
            let proof = RecordAcknowledgeRequest.proof(of: meant)
            return try bench.ask(
                .write, .recordAcknowledge, RecordAcknowledgeRequest(upToSequence: sequence, proof: proof),
                for: RecordAcknowledgeResponse.self
            ).upToSequence
        }
        for (sequence, meant) in [(2, [kept[1]]), (3, Array(kept.prefix(2))), (2, kept), (1, [])] {
            #expect(throws: SMPFailure(group: SMPGroup.cor, code: CORReturnCode.proofDiffers.rawValue)) {
                try acknowledge(UInt64(sequence), meant)
            }
        }
        #expect(try bench.list().records == kept)
        #expect(try acknowledge(2, Array(kept.prefix(2))) == 2)
        #expect(try acknowledge(2, []) == 2)
        #expect(try acknowledge(3, [kept[2]]) == 3)
    }

    @Test("The list goes on after a sequence, in pages of the size asked for")
    func pages() throws {
        var bench = try DeviceBench()
        for _ in 1...5 { _ = try bench.ask(.write, .selfTest, for: SelfTestResponse.self) }
        let first = try bench.list(countMax: 2)
        #expect(first.records.map(\.sequence) == [1, 2] && first.hasMore)
        let last = try bench.list(after: 3, countMax: 2)
        #expect(last.records.map(\.sequence) == [4, 5] && !last.hasMore)
    }

    @Test("An answer fits the buffer that the device announces")
    func fitsBuffer() throws {
        var bench = try DeviceBench { $0.bufferSize = 512 }
        for _ in 1...20 { _ = try bench.ask(.write, .selfTest, for: SelfTestResponse.self) }
        _ = try bench.list()
        _ = try bench.ask(
            .read, .recordRead, RecordReadRequest(sequence: 1, offset: 0), for: RecordReadResponse.self)
        #expect(try answers(bench.effects).allSatisfy { $0.encoded().count <= 512 })
    }

    @Test("A read beyond the end and a record that is not there are refused by their codes")
    func refusals() throws {
        var bench = try DeviceBench()
        let sequence = try bench.makeRun()
        let length = try bench.readRecord(sequence).count
        let end = try bench.ask(
            .read, .recordRead, RecordReadRequest(sequence: sequence, offset: length), for: RecordReadResponse.self)
        #expect(end == RecordReadResponse(offset: length, data: [], recordLength: length))
        #expect(throws: SMPFailure(group: SMPGroup.cor, code: CORReturnCode.badOffset.rawValue)) {
            try bench.ask(
                .read, .recordRead, RecordReadRequest(sequence: sequence, offset: length + 1),
                for: RecordReadResponse.self)
        }
        #expect(throws: SMPFailure(group: SMPGroup.cor, code: CORReturnCode.noSuchRecord.rawValue)) {
            try bench.ask(.read, .recordRead, RecordReadRequest(sequence: 9, offset: 0), for: RecordReadResponse.self)
        }
    }

    @Test("A full ring loses its oldest record, and the loss shows in the sequence")
    func ring() throws {
        var bench = try DeviceBench { $0.recordCapacity = 2 }
        for _ in 1...3 { _ = try bench.ask(.write, .selfTest, for: SelfTestResponse.self) }
        #expect(try bench.list().records.map(\.sequence) == [2, 3])
        #expect(reports(bench.effects).contains(.recordOverwritten(sequence: 1)))
        #expect(bench.effects.contains(.discard(sequences: [1])))
    }

    @Test("A device that comes back goes on with its sequence, its owner and its boot counter")
    func comesBack() throws {
        var bench = try DeviceBench(snapshot: DeviceSnapshot(owner: DeviceBench.hub))
        try bench.makeRun()
        let kept = bench.model.records.records
        var again = try DeviceBench(snapshot: bench.model.snapshot, records: kept)
        #expect(try again.list().records.map(\.sequence) == [1])
        #expect(try again.makeRun() == 2)
        #expect(again.model.bootCounter == 2)
        #expect(again.model.ownership.owner == DeviceBench.hub)
        let cartridges = try [bench.readRecord(1), again.readRecord(2)].map { bytes -> String? in
            guard case .sedimentationRun(let run) = try SignedRecord(decoding: bytes).payload.body else { return nil }
            return run.cartridge.id
        }
        #expect(Set(cartridges).count == 2)
    }

    @Test("A power cut ends the run with what it has; the next start closes it and says so")
    func powerCut() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.run(artefact: .none, minutes: 30, seed: nil))
        _ = bench.pass(.milliseconds(1_500))
        _ = bench.perform(.reboot)
        _ = bench.pass(.milliseconds(300))
        let payload = try SignedRecord(decoding: bench.readRecord(1)).payload
        guard case .sedimentationRun(let run) = payload.body else {
            Issue.record("not a run")
            return
        }
        #expect(payload.bootCounter == 2)
        #expect(run.end == .power)
        #expect(run.fallsMicrometres.count == 181)
    }
}
