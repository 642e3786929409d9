import CORProtocol
import SMPProtocol

/// The upload within a step: chunks as requests of an exchange, and how many bytes went twice.
struct FirmwareUpload: Sendable {
    typealias Effect = FirmwareStepRun.Effect

    private var machine: ImageUpload
    private let length: Int
    private var chunks: [SMPRequestID: ImageUpload.ChunkID] = [:]
    private var sentLength = 0

    init(_ machine: ImageUpload, length: Int) {
        self.machine = machine
        self.length = length
    }

    var outstanding: [SMPRequestID] { Array(chunks.keys) }

    mutating func start(nextID: inout UInt64, firstID: UInt64, slowTime: Duration) -> [Effect] {
        perform(machine.handle(.started), nextID: &nextID, firstID: firstID, responseTimeout: slowTime)
    }

    mutating func finished(
        _ id: SMPRequestID, _ result: Result<SMPMessage, SMPExchangeError>, nextID: inout UInt64, firstID: UInt64
    ) -> [Effect] {
        guard let chunk = chunks.removeValue(forKey: id) else { return [] }
        let event: ImageUpload.Event
        switch result {
        case .failure(let error):
            event = .exchangeFailed(chunk, error)
        case .success(let message):
            do throws(SMPError) {
                event = .answered(chunk, try message.response(ImageUploadResponse.self))
            } catch {
                event = .answerMalformed(chunk, error)
            }
        }
        return perform(machine.handle(event), nextID: &nextID, firstID: firstID)
    }

    private mutating func perform(
        _ effects: [ImageUpload.Effect], nextID: inout UInt64, firstID: UInt64, responseTimeout: Duration? = nil
    ) -> [Effect] {
        var performed: [Effect] = []
        for effect in effects {
            switch effect {
            case .send(let chunk, let request):
                let id = SMPRequestID(rawValue: firstID + nextID)
                nextID += 1
                chunks[id] = chunk
                sentLength += request.data.count
                performed.append(.submit(SMPExchangeRequest(id: id, request, responseTimeout: responseTimeout)))
            case .cancel(let chunk):
                guard let id = chunks.first(where: { $0.value == chunk })?.key else { continue }
                chunks[id] = nil
                performed.append(.cancel(id))
            case .progress(let offset):
                performed.append(.progress(offset: offset, length: length))
            case .finish(.success(let outcome)):
                let sentTwice = sentLength - (outcome.length - outcome.resumedOffset)
                performed.append(
                    .end(.success(.uploaded(resumedOffset: outcome.resumedOffset, sentTwice: max(0, sentTwice)))))
            case .finish(.failure(let error)):
                performed.append(.end(.failure(FirmwareStepFailure(error))))
            }
        }
        return performed
    }
}

extension FirmwareStepFailure {
    init(_ failure: SMPFailure) {
        switch (failure.returnCode, failure.imageReturnCode) {
        case (.busy, _), (.noMemory, _): self = .busy
        case (_, .imageTooLarge?), (_, .invalidImageHeader?), (_, .invalidImageHeaderMagic?),
            (_, .invalidImageVectorTable?), (_, .invalidFlashAddress?), (_, .currentVersionIsNewer?):
            self = .refused(code: failure.stableCode, isPermanent: true)
        default:
            self = .refused(code: failure.stableCode, isPermanent: false)
        }
        // A self-test during a measurement is refused in group 64's own words.
        if failure.group == CORCommand.group, failure.code == CORReturnCode.busy.rawValue { self = .busy }
    }

    init(_ error: ImageUploadError) {
        switch error {
        case .refused(let failure): self.init(failure)
        case .exchangeFailed: self = .unanswered
        case .responseMalformed, .offsetBeyondEnd: self = .malformed
        case .imageEmpty: self = .refused(code: "image-empty", isPermanent: true)
        case .imageTooLong: self = .refused(code: "image-too-long", isPermanent: true)
        case .bufferTooSmall: self = .refused(code: "device-buffer-too-small", isPermanent: true)
        case .setbacks: self = .refused(code: "upload-does-not-advance", isPermanent: false)
        case .digestMismatch: self = .refused(code: "upload-digest-differs", isPermanent: false)
        }
    }
}

extension SMPFailure {
    /// At most 64 bytes, for audit and `--json`.
    fileprivate var stableCode: String {
        if let group { return "device-refused-\(group)-\(code)" }
        return "device-refused-\(code)"
    }
}
