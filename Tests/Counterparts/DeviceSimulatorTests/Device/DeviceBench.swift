import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import DeviceSimulator
import SMPProtocol
import Testing

/// A device model and the time that passes for it, driven as a link and a hub would.
struct DeviceBench {
    static let hub = bench(HubID("hub-one"))
    static let otherHub = bench(HubID("hub-two"))

    let identity: DeviceIdentity
    var model: DeviceModel
    var now = Duration.zero
    /// Everything the model has done.
    var effects: [DeviceEffect] = []
    private var sequence: UInt8 = 0

    init(
        snapshot: DeviceSnapshot = DeviceSnapshot(), records: [StoredRecord] = [],
        _ configure: (inout DeviceSetup) -> Void = { _ in }
    ) throws {
        identity = try DeviceIdentity(serial: bench(DeviceSerial("COR1-TEST-0001")), authority: DeviceAuthority())
        var setup = DeviceSetup(identity: identity, link: .udp, seed: 1)
        setup.speed = 600
        configure(&setup)
        model = DeviceModel(setup: setup, snapshot: snapshot, records: records)
        effects = model.start()
    }

    var key: COSEPublicKey { .p256(identity.key.publicKey) }

    /// Lets time pass and stops at each of the model's deadlines.
    mutating func pass(_ duration: Duration) -> [DeviceEffect] {
        let end = now + duration
        var passed: [DeviceEffect] = []
        while let deadline = model.deadline, deadline <= end {
            now = max(now, deadline)
            passed += model.tick(at: now)
        }
        now = end
        passed += model.tick(at: now)
        effects += passed
        return passed
    }

    mutating func perform(_ command: DeviceCommand) -> [DeviceEffect] {
        let done = model.perform(command, at: now)
        effects += done
        return done
    }

    /// Hands one message in, and returns what the model does for it.
    mutating func hand(_ message: SMPMessage) -> [DeviceEffect] {
        let done = model.handle(request: message.encoded(), at: now)
        effects += done
        return done
    }

    /// The next request of group 64.
    mutating func request(
        _ operation: SMPOperation, _ command: CORCommand, _ shape: some CBORShape = EmptyMessage(),
        version: SMPVersion = .v2
    ) -> SMPMessage {
        sequence &+= 1
        return SMPMessage(
            version: version, operation: operation, group: SMPGroup.cor, sequence: sequence, command: command.rawValue,
            payload: shape.encoded())
    }

    mutating func request(_ request: some SMPRequest, version: SMPVersion = .v2) -> SMPMessage {
        sequence &+= 1
        return request.message(sequence: sequence, version: version)
    }

    /// The one answer to a request of group 64.
    mutating func ask<Answer: CBORShape>(
        _ operation: SMPOperation, _ command: CORCommand, _ shape: some CBORShape = EmptyMessage(),
        for type: Answer.Type
    ) throws -> Answer {
        let message = request(operation, command, shape)
        let answer = try #require(try answers(hand(message)).first)
        #expect(answer.header.operation == operation.response)
        #expect(answer.header.sequence == message.header.sequence)
        if let failure = try SMPFailure(payload: try answer.decodePayload()) { throw failure }
        return try Answer(decoding: answer.payload)
    }

    mutating func ask<Request: SMPRequest>(_ request: Request, version: SMPVersion = .v2) throws -> Request.Response {
        let message = self.request(request, version: version)
        let answer = try #require(try answers(hand(message)).first)
        #expect(answer.header.version == version)
        return try answer.response(Request.Response.self).get()
    }

    /// Makes one whole run, and returns its sequence.
    @discardableResult
    mutating func makeRun(artefact: Artefact = .none) throws -> UInt64 {
        _ = perform(.run(artefact: artefact, minutes: 30, seed: nil))
        _ = pass(.seconds(10))
        return model.records.newestSequence
    }

    /// Reads a record in pieces, as a hub does.
    mutating func readRecord(_ sequence: UInt64, pieceLength: Int = 1_000) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try ask(
                .read, .recordRead,
                RecordReadRequest(sequence: sequence, offset: bytes.count, lengthMax: pieceLength),
                for: RecordReadResponse.self)
            #expect(piece.offset == bytes.count)
            if piece.data.isEmpty { return bytes }
            bytes += piece.data
        }
    }

    mutating func list(after sequence: UInt64 = 0, countMax: Int? = nil) throws -> RecordListResponse {
        try ask(
            .read, .recordList, RecordListRequest(afterSequence: sequence, countMax: countMax),
            for: RecordListResponse.self)
    }
}

/// The answers among effects.
func answers(_ effects: [DeviceEffect]) throws -> [SMPMessage] {
    try effects.compactMap { effect in
        guard case .send(let bytes, _) = effect else { return nil }
        return try SMPMessage(decoding: bytes)
    }
}

/// The events among effects.
func events(_ effects: [DeviceEffect]) throws -> [SMPMessage] {
    try effects.compactMap { effect in
        guard case .notify(let bytes) = effect else { return nil }
        return try SMPMessage(decoding: bytes)
    }
}

func reports(_ effects: [DeviceEffect]) -> [DeviceReport] {
    effects.compactMap { effect in
        guard case .report(let report) = effect else { return nil }
        return report
    }
}

/// A constant that this file's author vouches for.
private func bench<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a constant of the tests is malformed") }
    return value
}
