import CBORCoding
import CORProtocol
import MCUbootImage
package import SMPProtocol

/// Does one step of an update over a link that is lent to it: requests out, answers in, one result.
///
/// Its requests share the exchange of the session that lent the link; their ids have a range of their own.
package struct FirmwareStepRun: Sendable {
    /// What the device speaks beside image management.
    package enum Profile: Sendable, Hashable {
        /// Group 64: identity, self-test, records.
        case corOne
        /// Nothing: an echo is all of the self-test. For benches with other firmware; no configuration of the hub leads here.
        case imagesOnly
    }

    package enum Event: Sendable {
        case started
        case finished(SMPRequestID, Result<SMPMessage, SMPExchangeError>)
    }

    package enum Effect: Sendable, Equatable {
        case submit(SMPExchangeRequest)
        /// The answer to this request no longer matters.
        case cancel(SMPRequestID)
        /// Requests that may be outstanding from now on.
        case setWindow(Int)
        /// The device has so many bytes of the image.
        case progress(offset: Int, length: Int)
        case end(Result<FirmwareStepResult, FirmwareStepFailure>)
    }

    private enum State {
        case idle
        case listing
        case identifying(slots: [ImageSlot])
        case reporting(slots: [ImageSlot], IdentityResponse, StateReportCheck)
        case askingParameters
        case uploading(FirmwareUpload)
        case marking
        case restarting
        case testing
        case listingRecords(passed: Bool)
        case readingRecord(passed: Bool)
        case echoing
        case confirming
        case ended
    }

    /// A self-test is answered when it is done; an upload's first chunk may erase a slot before it is answered.
    private static let slowTime = Duration.seconds(120)
    private static let echoText = "corhub"
    private static let recordPieceLength = 512
    private static let firstID: UInt64 = 1 << 63

    private let step: FirmwareStep
    private let profile: Profile
    private let report: StateReportCheck?
    private let messageLengthMax: @Sendable (_ bufferSize: Int) -> Int
    private var state = State.idle
    private var requestCount: UInt64 = 0
    /// The one request that is outstanding, outside of an upload.
    private var awaited: SMPRequestID?

    /// - Parameters:
    ///   - report: how a state report is asked for and judged; nil: none is asked for.
    ///   - messageLengthMax: bytes of the link's largest message for a device with this buf_size.
    package init(
        _ step: FirmwareStep, profile: Profile = .corOne, report: StateReportCheck? = nil,
        messageLengthMax: @escaping @Sendable (_ bufferSize: Int) -> Int
    ) {
        self.step = step
        self.profile = profile
        self.report = report
        self.messageLengthMax = messageLengthMax
    }

    /// Whether a request is one of such a run.
    package static func owns(_ id: SMPRequestID) -> Bool { id.rawValue >= firstID }

    /// Advances the run. The caller performs the effects in order.
    package mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .started:
            guard case .idle = state else { return [] }
            return start()
        case .finished(let id, let result):
            if case .uploading(var upload) = state {
                let effects = upload.finished(id, result, nextID: &requestCount, firstID: Self.firstID)
                state = .uploading(upload)
                return conclude(effects)
            }
            guard id == awaited else { return [] }
            awaited = nil
            switch result {
            case .success(let message): return answered(message)
            case .failure: return unanswered()
            }
        }
    }

    /// Ends the run; what is outstanding no longer matters.
    package mutating func abandon() -> [Effect] {
        if case .ended = state { return [] }
        var outstanding = awaited.map { [$0] } ?? []
        if case .uploading(let upload) = state { outstanding += upload.outstanding }
        return outstanding.map(Effect.cancel) + [.setWindow(1)] + end(.failure(.unanswered))
    }

    private mutating func start() -> [Effect] {
        switch step {
        case .inspect:
            state = .listing
            return submit(ImageStateReadRequest())
        case .upload:
            state = .askingParameters
            return submit(ParametersRequest())
        case .mark(let hash):
            state = .marking
            return submit(ImageStateWriteRequest(hash: hash.bytes, confirm: false))
        case .restart:
            state = .restarting
            return submit(ResetRequest(), attemptCountMax: 1)
        case .prove where profile == .corOne:
            state = .testing
            return submit(.write, .selfTest, EmptyMessage().encoded(), attemptCountMax: 1)
        case .prove:
            state = .echoing
            return submit(EchoRequest(text: Self.echoText))
        case .confirm:
            state = .confirming
            return submit(ImageStateWriteRequest(hash: nil, confirm: true))
        }
    }

    private mutating func unanswered() -> [Effect] {
        // A device that restarts may be gone before its answer is.
        if case .restarting = state { return end(.success(.restarting)) }
        return end(.failure(.unanswered))
    }

    private mutating func answered(_ message: SMPMessage) -> [Effect] {
        do throws(FirmwareStepFailure) {
            return try advance(message)
        } catch {
            return end(.failure(error))
        }
    }

    private mutating func advance(_ message: SMPMessage) throws(FirmwareStepFailure) -> [Effect] {
        switch state {
        case .listing:
            let slots = try message.expected(ImageStateResponse.self).slots
            guard profile == .corOne else { return end(.success(.inspected(.init(slots: slots, identity: nil)))) }
            state = .identifying(slots: slots)
            return submit(.read, .identity, EmptyMessage().encoded())
        case .identifying(let slots):
            let identity = try message.expectedShape(IdentityResponse.self)
            guard let report else {
                return end(.success(.inspected(FirmwareInspection(slots: slots, identity: identity))))
            }
            state = .reporting(slots: slots, identity, report)
            return submit(.write, .attest, report.request.encoded())
        case .reporting(let slots, let identity, let report):
            var found = FirmwareInspection(slots: slots, identity: identity)
            found.report = Self.finding(in: message, found, identity, report)
            return end(.success(.inspected(found)))
        case .askingParameters:
            return try beginUpload(message)
        case .marking:
            _ = try message.expected(ImageStateResponse.self)
            return end(.success(.marked))
        case .restarting:
            _ = try message.expected(EmptyResponse.self)
            return end(.success(.restarting))
        case .testing:
            let passed = try message.expectedShape(SelfTestResponse.self).passed
            state = .listingRecords(passed: passed)
            return submit(.read, .recordList, RecordListRequest(afterSequence: 0, countMax: 1).encoded())
        case .listingRecords(let passed):
            let list = try? message.expectedShape(RecordListResponse.self)
            guard let first = list?.records.first else { return proven(passed, recordsRead: list != nil) }
            state = .readingRecord(passed: passed)
            let request = RecordReadRequest(sequence: first.sequence, offset: 0, lengthMax: Self.recordPieceLength)
            return submit(.read, .recordRead, request.encoded())
        case .readingRecord(let passed):
            let piece = try? message.expectedShape(RecordReadResponse.self)
            return proven(passed, recordsRead: piece?.data.isEmpty == false)
        case .echoing:
            let text = try message.expected(EchoResponse.self).text
            return proven(text == Self.echoText, recordsRead: true)
        case .confirming:
            _ = try message.expected(ImageStateResponse.self)
            return end(.success(.confirmed))
        case .idle, .uploading, .ended:
            return []
        }
    }

    /// A device that refuses, or answers something else, is looked at all the same; its report does not count.
    private static func finding(
        in message: SMPMessage, _ found: FirmwareInspection, _ identity: IdentityResponse, _ report: StateReportCheck
    ) -> StateReportCheck.Finding {
        let bytes: [UInt8]
        do throws(FirmwareStepFailure) {
            bytes = try message.expectedShape(AttestResponse.self).attestation
        } catch {
            return .refused(code: error.code)
        }
        return report.finding(on: bytes, by: identity, runningHash: found.active?.hash)
    }

    private mutating func beginUpload(_ message: SMPMessage) throws(FirmwareStepFailure) -> [Effect] {
        guard case .upload(let image) = step else { return end(.failure(.malformed)) }
        let parameters = try message.expected(ParametersResponse.self)
        let window = min(max(1, Int(parameters.bufferCount)), SMPExchangeLimits.windowCeiling)
        let limits = ImageUploadLimits(
            messageLengthMax: messageLengthMax(Int(parameters.bufferSize)), windowMax: window)
        do throws(ImageUploadError) {
            var upload = FirmwareUpload(try ImageUpload(image: image.bytes, limits: limits), length: image.bytes.count)
            let effects = upload.start(nextID: &requestCount, firstID: Self.firstID, slowTime: Self.slowTime)
            state = .uploading(upload)
            return [.setWindow(window)] + conclude(effects)
        } catch {
            return end(.failure(FirmwareStepFailure(error)))
        }
    }

    /// An upload that is over ends the step.
    private mutating func conclude(_ effects: [Effect]) -> [Effect] {
        guard case .end? = effects.last else { return effects }
        state = .ended
        return effects.dropLast() + [.setWindow(1)] + effects.suffix(1)
    }

    private mutating func proven(_ passed: Bool, recordsRead: Bool) -> [Effect] {
        end(.success(.proven(FirmwareProof(selfTestPassed: passed, recordsRead: recordsRead))))
    }

    private mutating func end(_ result: Result<FirmwareStepResult, FirmwareStepFailure>) -> [Effect] {
        state = .ended
        return [.end(result)]
    }

    private mutating func submit(_ request: some SMPRequest, attemptCountMax: Int? = nil) -> [Effect] {
        [.submit(SMPExchangeRequest(id: nextID(), request, attemptCountMax: attemptCountMax))]
    }

    private mutating func submit(
        _ operation: SMPOperation, _ command: CORCommand, _ payload: [UInt8], attemptCountMax: Int? = nil
    ) -> [Effect] {
        [
            .submit(
                SMPExchangeRequest(
                    id: nextID(), operation: operation, group: CORCommand.group, command: command.rawValue,
                    payload: payload, responseTimeout: command == .selfTest ? Self.slowTime : nil,
                    attemptCountMax: attemptCountMax))
        ]
    }

    private mutating func nextID() -> SMPRequestID {
        let id = SMPRequestID(rawValue: Self.firstID + requestCount)
        requestCount += 1
        awaited = id
        return id
    }
}

extension SMPMessage {
    fileprivate func expected<Response: SMPResponse>(
        _ type: Response.Type
    ) throws(FirmwareStepFailure) -> Response {
        let result: Result<Response, SMPFailure>
        do throws(SMPError) {
            result = try response(type)
        } catch {
            throw .malformed
        }
        switch result {
        case .success(let response): return response
        case .failure(let failure): throw FirmwareStepFailure(failure)
        }
    }

    /// A shape of group 64.
    fileprivate func expectedShape<Shape: CBORShape>(_ type: Shape.Type) throws(FirmwareStepFailure) -> Shape {
        _ = try expected(EmptyResponse.self)
        do throws(CBORError) {
            return try Shape(decoding: payload, mode: .tolerant)
        } catch {
            throw .malformed
        }
    }
}
