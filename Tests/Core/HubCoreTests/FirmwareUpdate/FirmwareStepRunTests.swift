import CBORCoding
import CORProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("A step of an update over a lent link")
struct FirmwareStepRunTests {
    private static let identity = IdentityResponse(
        serial: UpdateWorld.serial, model: "COR One", hardwareRevision: "V1", firmwareVersion: "1.0.0",
        profileVersion: 1, bootCounter: 3, certificateChain: [], capabilities: [])
    private static let slots = [ImageSlot(slot: 0, version: "1.0.0", hash: [UInt8](repeating: 1, count: 32))]

    /// A step, and the request that it has out.
    private struct Rig {
        var run: FirmwareStepRun
        var outstanding: SMPExchangeRequest?
        var result: Result<FirmwareStepResult, FirmwareStepFailure>?

        init(_ step: FirmwareStep, profile: FirmwareStepRun.Profile = .corOne) {
            run = FirmwareStepRun(step, profile: profile) { $0 }
            take(run.handle(.started))
        }

        mutating func take(_ effects: [FirmwareStepRun.Effect]) {
            for effect in effects {
                switch effect {
                case .submit(let request): outstanding = request
                case .end(let found): result = found
                case .cancel, .setWindow, .progress: break
                }
            }
        }

        /// Answers what is out, with this map.
        mutating func answer(_ payload: [UInt8]) throws {
            let request = try #require(outstanding)
            outstanding = nil
            let message = SMPMessage(
                operation: request.operation.response, group: request.group, sequence: 0, command: request.command,
                payload: payload)
            take(run.handle(.finished(request.id, .success(message))))
        }

        mutating func fail() throws {
            let request = try #require(outstanding)
            take(run.handle(.finished(request.id, .failure(.timedOut(attemptCount: 1)))))
        }
    }

    private let state = ImageStateResponse(slots: slots).payload.encoded()

    @Test("Inspecting reads the images, then who the device is")
    func inspect() throws {
        var rig = Rig(.inspect)
        try rig.answer(state)
        #expect(rig.outstanding?.group == CORCommand.group)
        try rig.answer(Self.identity.encoded())
        #expect(rig.result == .success(.inspected(.init(slots: Self.slots, identity: Self.identity))))
    }

    @Test("Without group 64 the images are all there is")
    func imagesOnly() throws {
        var rig = Rig(.inspect, profile: .imagesOnly)
        try rig.answer(state)
        #expect(rig.result == .success(.inspected(.init(slots: Self.slots, identity: nil))))
        var proof = Rig(.prove, profile: .imagesOnly)
        try proof.answer(EchoResponse(text: "corhub").payload.encoded())
        #expect(proof.result == .success(.proven(FirmwareProof(selfTestPassed: true, recordsRead: true))))
    }

    @Test("Proving asks for the self-test once, then for a piece of the oldest record")
    func prove() throws {
        var rig = Rig(.prove)
        #expect(rig.outstanding?.attemptCountMax == 1)
        try rig.answer(SelfTestResponse(passed: true).encoded())
        let entry = RecordEntry(sequence: 5, length: 9, kind: .selfTest, hash: .of([1]))
        try rig.answer(RecordListResponse(records: [entry], hasMore: false).encoded())
        try rig.answer(RecordReadResponse(offset: 0, data: [1], recordLength: 9).encoded())
        #expect(rig.result == .success(.proven(FirmwareProof(selfTestPassed: true, recordsRead: true))))
    }

    @Test("A list that cannot be read is no proof")
    func unreadable() throws {
        var rig = Rig(.prove)
        try rig.answer(SelfTestResponse(passed: true).encoded())
        try rig.answer([0xA0])
        #expect(rig.result == .success(.proven(FirmwareProof(selfTestPassed: true, recordsRead: false))))
    }

    @Test("A device that restarts may be gone before its answer is; other steps are unanswered then")
    func unanswered() throws {
        var restart = Rig(.restart)
        try restart.fail()
        #expect(restart.result == .success(.restarting))
        for step in [FirmwareStep.inspect, .mark(imageHash: .of([1])), .prove, .confirm] {
            var rig = Rig(step)
            try rig.fail()
            #expect(rig.result == .failure(.unanswered))
        }
    }

    @Test("A measurement makes a device busy, in the words of either group")
    func busy() throws {
        for failure in [SMPFailure(.busy), SMPFailure(group: 64, code: CORReturnCode.busy.rawValue)] {
            var rig = Rig(.prove)
            try rig.answer(failure.payload(version: .v2).encoded())
            #expect(rig.result == .failure(.busy))
        }
    }

    @Test("What the device would refuse again is told apart")
    func refused() throws {
        for (code, isPermanent) in [(ImageReturnCode.imageTooLarge, true), (.noFreeSlot, false)] {
            var rig = Rig(.mark(imageHash: .of([1])))
            try rig.answer(SMPFailure(group: 1, code: code.rawValue).payload(version: .v2).encoded())
            #expect(
                rig.result
                    == .failure(.refused(code: "device-refused-1-\(code.rawValue)", isPermanent: isPermanent)))
        }
    }

    @Test("Answers that are none are malformed, whatever the step")
    func malformed() throws {
        for step in [FirmwareStep.inspect, .mark(imageHash: .of([1])), .prove, .confirm, .restart] {
            var rig = Rig(step)
            try rig.answer([0xFF])
            #expect(rig.result == .failure(.malformed))
        }
    }

    @Test("A step that is taken back is over, and its late answer changes nothing")
    func abandoned() throws {
        var rig = Rig(.inspect)
        let request = try #require(rig.outstanding)
        #expect(rig.run.abandon().first == .cancel(request.id))
        #expect(rig.run.abandon() == [])
        let late = SMPMessage(
            operation: .readResponse, group: request.group, sequence: 0, command: request.command, payload: state)
        #expect(rig.run.handle(.finished(request.id, .success(late))) == [])
    }
}
