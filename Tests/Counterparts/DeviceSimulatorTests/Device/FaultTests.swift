import CBORCoding
import CORProtocol
import COSESigning
import DeviceSimulator
import Foundation
import SMPProtocol
import TestSupport
import Testing

@Suite("Faults on request")
struct FaultTests {
    @Test("A counted fault strikes as often as it says, and for ever without a number")
    func counted() {
        var faults = DeviceFaults()
        faults.set(.wrongHash, to: 2)
        faults.set(.droppedAnswer)
        #expect((1...3).map { _ in faults.strikes(.wrongHash) } == [true, true, false])
        #expect((1...100).allSatisfy { _ in faults.strikes(.droppedAnswer) })
        faults.set(.droppedAnswer, to: 0)
        #expect(!faults.isOn(.droppedAnswer))
    }

    @Test("Faults are ordered by name, with an optional number")
    func orders() {
        #expect(FaultOrder("slow-answer=250") == FaultOrder(fault: .slowAnswer, number: 250))
        #expect(FaultOrder("wrong-hash") == FaultOrder(fault: .wrongHash))
        for text in ["", "wrong", "wrong-hash=", "wrong-hash=x", "wrong-hash=-1", "=1"] {
            #expect(FaultOrder(text) == nil)
        }
    }

    @Test("docs/simulator.md tells of every fault")
    func documented() throws {
        let text = try String(contentsOf: PackageFolder.root.appending(path: "docs/simulator.md"), encoding: .utf8)
        for fault in DeviceFault.allCases { #expect(text.contains("| `\(fault.rawValue)` |")) }
    }

    @Test("The list lies about length or hash, names a record twice, or never ends")
    func list() throws {
        var bench = try DeviceBench()
        try bench.makeRun()
        let honest = try bench.list()
        let entry = try #require(honest.records.first)
        func listed(under fault: DeviceFault) throws -> RecordListResponse {
            _ = bench.perform(.fault(FaultOrder(fault: fault, number: 1)))
            return try bench.list()
        }
        #expect(try listed(under: .wrongLength).records.map(\.length) == [entry.length + 1])
        #expect(try listed(under: .wrongHash).records.map(\.hash) == [.zero])
        #expect(try listed(under: .duplicateRecord).records == [entry, entry])
        #expect(try bench.list() == honest)
        _ = bench.perform(.fault(FaultOrder(fault: .endlessList)))
        for _ in 1...10 { #expect(try bench.list(after: 1) == RecordListResponse(records: [], hasMore: true)) }
    }

    @Test("A record's signature is spoilt while it is closed")
    func wrongSignature() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.fault(FaultOrder(fault: .wrongSignature, number: 1)))
        let verdicts = try (1...2).map { _ in
            try SignedRecord(decoding: bench.readRecord(bench.makeRun())).verdict(key: bench.key)
        }
        #expect(verdicts == [.refused(.signatureWrong), .valid])
    }

    @Test("The sequence goes back to 1, and the list shows it to who asks for later records")
    func sequenceBack() throws {
        var bench = try DeviceBench()
        for _ in 1...3 { try bench.makeRun() }
        _ = bench.perform(.fault(FaultOrder(fault: .sequenceBack)))
        #expect(try bench.makeRun() == 1)
        #expect(try bench.list(after: 3).records.map(\.sequence) == [1])
        #expect(try bench.ask(.read, .status, for: StatusResponse.self).newestSequence == 1)
    }

    @Test("The same run is stored twice under two sequences")
    func repeatedRun() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.fault(FaultOrder(fault: .repeatedRun, number: 1)))
        #expect(try bench.makeRun() == 2)
        let bodies = try [1, 2].map { try SignedRecord(decoding: bench.readRecord($0)).payload.body }
        #expect(bodies[0] == bodies[1])
    }

    @Test("A record is cut at half of its announced length")
    func truncatedRecord() throws {
        var bench = try DeviceBench()
        try bench.makeRun()
        let length = try #require(try bench.list().records.first?.length)
        _ = bench.perform(.fault(FaultOrder(fault: .truncatedRecord, number: 1)))
        #expect(try bench.readRecord(1).count == length / 2)
        #expect(try bench.readRecord(1).count == length)
    }

    @Test("A read answers with another offset than asked")
    func wrongOffset() throws {
        var bench = try DeviceBench()
        try bench.makeRun()
        _ = bench.perform(.fault(FaultOrder(fault: .wrongOffset, number: 1)))
        let piece = try bench.ask(
            .read, .recordRead, RecordReadRequest(sequence: 1, offset: 100), for: RecordReadResponse.self)
        #expect(piece.offset == 99)
    }

    @Test("Answers come late, slowly, twice or never")
    func delivery() throws {
        func delivered(under fault: DeviceFault, number: Int) throws -> [Duration?] {
            var bench = try DeviceBench()
            _ = bench.perform(.fault(FaultOrder(fault: fault, number: number)))
            let request = bench.request(EchoRequest(text: "x"))
            return bench.hand(request).compactMap { effect -> Duration?? in
                if case .send(_, let delay) = effect { .some(delay) } else { nil }
            }
        }
        #expect(try delivered(under: .lateAnswer, number: 1) == [.seconds(10)])
        #expect(try delivered(under: .slowAnswer, number: 250) == [.milliseconds(250)])
        #expect(try delivered(under: .duplicateAnswer, number: 1) == [nil, nil])
        #expect(try delivered(under: .droppedAnswer, number: 1) == [])
    }

    @Test("Answers are garbage, or announce a length that they have not")
    func malformedAnswers() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.fault(FaultOrder(fault: .garbageAnswer, number: 1)))
        #expect(throws: SMPError.self) { try bench.ask(EchoRequest(text: "x")) }
        _ = bench.perform(.fault(FaultOrder(fault: .wrongMessageLength, number: 1)))
        let request = bench.request(EchoRequest(text: "x"))
        #expect(throws: SMPError.payloadTruncated(expected: 6, found: 5)) { try answers(bench.hand(request)) }
    }

    @Test("Events pour in after every answer")
    func endlessEvents() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.fault(FaultOrder(fault: .endlessEvents)))
        let request = bench.request(EchoRequest(text: "x"))
        #expect(try events(bench.hand(request)).count == 32)
    }

    @Test("The certificate is an untrusted one, another device's, or missing")
    func certificates() throws {
        var bench = try DeviceBench()
        func chain(under fault: DeviceFault) throws -> [[UInt8]] {
            _ = bench.perform(.clearFaults)
            _ = bench.perform(.fault(FaultOrder(fault: fault)))
            return try bench.ask(.read, .identity, for: IdentityResponse.self).certificateChain
        }
        #expect(try chain(under: .badCertificate) == [bench.identity.untrustedCertificate])
        #expect(try chain(under: .otherSerial) == [bench.identity.otherSerialCertificate])
        #expect(try chain(under: .noCertificate) == [])
    }

    @Test("The attestation does not verify, or is over another nonce")
    func attestations() throws {
        var bench = try DeviceBench()
        func attestation(under fault: DeviceFault) throws -> SignedAttestation {
            _ = bench.perform(.fault(FaultOrder(fault: fault, number: 1)))
            let request = AttestRequest(nonce: [UInt8](repeating: 9, count: 32), hub: DeviceBench.hub, link: .udp)
            return try SignedAttestation(
                decoding: bench.ask(.write, .attest, request, for: AttestResponse.self).attestation)
        }
        #expect(try attestation(under: .badAttestation).verdict(key: bench.key) == .refused(.signatureWrong))
        let stale = try attestation(under: .staleNonce)
        #expect(stale.verdict(key: bench.key) == .valid)
        #expect(stale.payload.nonce == [UInt8](repeating: 0, count: 32))
    }

    @Test("The device restarts in the middle of an upload, once")
    func resetDuringUpload() throws {
        let image = ImageTests.image(major: 2, bodyLength: 3_000)
        var bench = try DeviceBench()
        _ = bench.perform(.fault(FaultOrder(fault: .resetDuringUpload, number: 1_000)))
        for offset in [0, 400, 800] { _ = try bench.ask(ImageTests.chunk(of: image, at: offset)) }
        let request = bench.request(ImageTests.chunk(of: image, at: 1_200))
        #expect(try answers(bench.hand(request)).isEmpty)
        _ = bench.pass(.seconds(1))
        // What had arrived is in the flash.
        #expect(try bench.ask(ImageTests.chunk(of: image, at: 1_200)).offset == 1_600)
        #expect(try ImageTests.upload(image, from: 1_600, to: &bench).match == true)
        #expect(bench.model.bootCounter == 2)
    }

    @Test("The wall clock jumps ahead of what the hub set")
    func clockJump() throws {
        var bench = try DeviceBench()
        _ = try bench.ask(.write, .clock, ClockSetRequest(wallMilliseconds: 1_900_000_000_000), for: ClockResponse.self)
        _ = bench.perform(.fault(FaultOrder(fault: .clockJump, number: 60)))
        #expect(try bench.ask(.read, .clock, for: ClockResponse.self).wallMilliseconds == 1_900_000_060_000)
    }
}
