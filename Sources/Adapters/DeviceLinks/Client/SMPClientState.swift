import HubCore
import NIOCore
import SMPProtocol

/// The machines of one client, who waits for them, and the effects that nobody has performed yet.
struct SMPClientState {
    typealias OpenContinuation = CheckedContinuation<Result<Void, SMPClientError>, Never>
    typealias RequestContinuation = CheckedContinuation<Result<SMPMessage, SMPClientError>, Never>
    typealias UploadContinuation = CheckedContinuation<Result<ImageUploadOutcome, SMPUploadError>, Never>

    enum Event: Sendable {
        case openSubmitted(OpenContinuation)
        case opened
        case gone(LinkGoneReason)
        case exchange(SMPExchange.Event)
        case timerStarted(SMPTimerID, deadline: NIODeadline)
        case woke(NIODeadline)
        case windowSet(Int)
        case submitted(SMPExchangeRequest, RequestContinuation)
        case cancelled(SMPRequestID)
        case uploadSubmitted(SMPRequestID, ImageUpload, @Sendable (Int) -> Void, UploadContinuation)
        case uploadCancelled(SMPRequestID)
    }

    enum Effect: Sendable {
        case send(message: [UInt8])
        case startTimer(SMPTimerID, after: Duration)
        case wake(NIODeadline)
        case resumeOpen(OpenContinuation, Result<Void, SMPClientError>)
        case resumeRequest(RequestContinuation, Result<SMPMessage, SMPClientError>)
        case report(@Sendable (Int) -> Void, offset: Int)
        case resumeUpload(UploadContinuation, Result<ImageUploadOutcome, SMPUploadError>)
    }

    /// Who waits under an id. The id is taken before the wait begins, and a cancellation may come in between.
    private enum Waiter {
        case reserved
        case cancelledEarly
        case request(RequestContinuation)
        case chunk(ImageUpload.ChunkID)
        case upload
    }

    private struct Upload {
        var id: SMPRequestID
        var machine: ImageUpload
        var requests: [ImageUpload.ChunkID: SMPRequestID] = [:]
        var progress: @Sendable (Int) -> Void
        var continuation: UploadContinuation
    }

    /// Timers whose request was answered are dropped when there are this many.
    private static let timerCountMax = 4 * SMPExchangeLimits.windowCeiling

    private var exchange: SMPExchange
    private var opening: OpenContinuation?
    private var waiters: [SMPRequestID: Waiter] = [:]
    private var upload: Upload?
    private var timers: [SMPTimerID: NIODeadline] = [:]
    /// The earliest wake-up that has been asked for.
    private var wakeDeadline: NIODeadline?
    private var outbox: [Effect] = []
    private var isPerforming = false
    private var nextID: UInt64 = 0

    init(limits: SMPExchangeLimits, firstSequence: UInt8) {
        exchange = SMPExchange(limits: limits, firstSequence: firstSequence)
    }

    /// Advances the machines. True tells the caller to empty the outbox: nobody else is at it.
    mutating func handle(_ event: Event) -> Bool {
        switch event {
        case .openSubmitted(let continuation):
            opening = continuation
        case .opened:
            finishOpening(.success(()))
        case .gone(let reason):
            finishOpening(.failure(.exchangeFailed(.linkGone(reason))))
            apply(exchange.handle(.linkGone(reason)))
        case .exchange(let event):
            apply(exchange.handle(event))
        case .timerStarted(let timer, let deadline):
            startTimer(timer, deadline: deadline)
        case .woke(let now):
            fireTimers(now: now)
        case .windowSet(let windowMax):
            apply(exchange.setWindow(windowMax))
        case .submitted(let request, let continuation):
            submit(request, continuation)
        case .cancelled(let id):
            cancel(id)
        case .uploadSubmitted(let id, let machine, let progress, let continuation):
            startUpload(Upload(id: id, machine: machine, progress: progress, continuation: continuation))
        case .uploadCancelled(let id):
            cancelUpload(id)
        }
        guard !isPerforming, !outbox.isEmpty else { return false }
        isPerforming = true
        return true
    }

    /// The next effect to perform; nil ends the caller's turn at the outbox.
    mutating func takeEffect() -> Effect? {
        guard !outbox.isEmpty else {
            isPerforming = false
            return nil
        }
        return outbox.removeFirst()
    }

    mutating func reserve() -> SMPRequestID {
        let id = takeID()
        waiters[id] = .reserved
        return id
    }

    private mutating func takeID() -> SMPRequestID {
        defer { nextID += 1 }
        return SMPRequestID(rawValue: nextID)
    }

    private mutating func finishOpening(_ result: Result<Void, SMPClientError>) {
        guard let continuation = opening else { return }
        opening = nil
        outbox.append(.resumeOpen(continuation, result))
    }
}

// MARK: - Requests

extension SMPClientState {
    private mutating func submit(_ request: SMPExchangeRequest, _ continuation: RequestContinuation) {
        if case .cancelledEarly = waiters[request.id] {
            waiters[request.id] = nil
            outbox.append(.resumeRequest(continuation, .failure(.cancelled)))
            return
        }
        waiters[request.id] = .request(continuation)
        apply(exchange.handle(.submitted(request)))
    }

    private mutating func cancel(_ id: SMPRequestID) {
        switch waiters[id] {
        case .reserved:
            waiters[id] = .cancelledEarly
        case .request(let continuation):
            waiters[id] = nil
            outbox.append(.resumeRequest(continuation, .failure(.cancelled)))
            apply(exchange.handle(.cancelled(id)))
        case .cancelledEarly, .chunk, .upload, nil:
            break  // Answered in the meantime.
        }
    }

    private mutating func apply(_ effects: [SMPExchange.Effect]) {
        for effect in effects {
            switch effect {
            case .send(let message):
                outbox.append(.send(message: message))
            case .startTimer(let timer, let duration):
                outbox.append(.startTimer(timer, after: duration))
            case .finish(let id, let result):
                finish(id, result)
            }
        }
    }

    private mutating func finish(_ id: SMPRequestID, _ result: Result<SMPMessage, SMPExchangeError>) {
        switch waiters.removeValue(forKey: id) {
        case .request(let continuation):
            outbox.append(.resumeRequest(continuation, result.mapError(SMPClientError.exchangeFailed)))
        case .chunk(let chunk):
            chunkFinished(chunk, result)
        case .reserved, .cancelledEarly, .upload, nil:
            break  // Nobody waits any more.
        }
    }
}

// MARK: - Upload

extension SMPClientState {
    private mutating func startUpload(_ started: Upload) {
        let waiter = waiters.removeValue(forKey: started.id)
        if case .cancelledEarly = waiter {
            outbox.append(.resumeUpload(started.continuation, .failure(.cancelled)))
            return
        }
        guard upload == nil else {
            outbox.append(.resumeUpload(started.continuation, .failure(.busy)))
            return
        }
        waiters[started.id] = .upload
        upload = started
        advanceUpload(.started)
    }

    private mutating func cancelUpload(_ id: SMPRequestID) {
        switch waiters[id] {
        case .reserved:
            waiters[id] = .cancelledEarly
        case .upload:
            guard let ended = upload else { return }
            for request in ended.requests.values {
                giveUp(request)
            }
            endUpload(.failure(.cancelled))
        case .cancelledEarly, .request, .chunk, nil:
            break  // Finished in the meantime.
        }
    }

    private mutating func chunkFinished(
        _ chunk: ImageUpload.ChunkID, _ result: Result<SMPMessage, SMPExchangeError>
    ) {
        upload?.requests[chunk] = nil
        switch result {
        case .failure(let error):
            advanceUpload(.exchangeFailed(chunk, error))
        case .success(let message):
            do throws(SMPError) {
                advanceUpload(.answered(chunk, try message.response(ImageUploadResponse.self)))
            } catch {
                advanceUpload(.answerMalformed(chunk, error))
            }
        }
    }

    private mutating func advanceUpload(_ event: ImageUpload.Event) {
        for effect in upload?.machine.handle(event) ?? [] {
            switch effect {
            case .send(let chunk, let request):
                let id = takeID()
                waiters[id] = .chunk(chunk)
                upload?.requests[chunk] = id
                apply(exchange.handle(.submitted(SMPExchangeRequest(id: id, request))))
            case .cancel(let chunk):
                if let id = upload?.requests.removeValue(forKey: chunk) {
                    giveUp(id)
                }
            case .progress(let offset):
                if let progress = upload?.progress {
                    outbox.append(.report(progress, offset: offset))
                }
            case .finish(let result):
                endUpload(result.mapError(SMPUploadError.failed))
            }
        }
    }

    private mutating func giveUp(_ id: SMPRequestID) {
        waiters[id] = nil
        apply(exchange.handle(.cancelled(id)))
    }

    private mutating func endUpload(_ result: Result<ImageUploadOutcome, SMPUploadError>) {
        guard let ended = upload else { return }
        upload = nil
        waiters[ended.id] = nil
        outbox.append(.resumeUpload(ended.continuation, result))
    }
}

// MARK: - Timers

extension SMPClientState {
    private mutating func startTimer(_ timer: SMPTimerID, deadline: NIODeadline) {
        if timers.count >= Self.timerCountMax {
            forgetTimers()
        }
        timers[timer] = deadline
        wake(at: deadline)
    }

    private mutating func fireTimers(now: NIODeadline) {
        if let asked = wakeDeadline, asked <= now {
            wakeDeadline = nil
        }
        forgetTimers()
        for (timer, _) in timers.filter({ $0.value <= now }).sorted(by: { $0.value < $1.value }) {
            timers[timer] = nil
            apply(exchange.handle(.timerFired(timer)))
        }
        if let next = timers.values.min() {
            wake(at: next)
        }
    }

    private mutating func wake(at deadline: NIODeadline) {
        if let asked = wakeDeadline, asked <= deadline { return }
        wakeDeadline = deadline
        outbox.append(.wake(deadline))
    }

    private mutating func forgetTimers() {
        timers = timers.filter { exchange.isAwaiting($0.key) }
    }
}
