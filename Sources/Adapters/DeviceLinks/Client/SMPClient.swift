package import HubCore
package import NIOCore
package import SMPProtocol
import Synchronization

/// Requests to one device over one link: the shell around `SMPExchange` and `ImageUpload`.
///
/// Events come from the link's event loop, from timers and from callers. Each advances the machines under a lock and
/// leaves effects in an outbox; whoever finds nobody emptying the outbox empties it, outside the lock. So effects are
/// performed in order and one at a time, and no task is woken between an answer and the next chunk.
package final class SMPClient: Sendable {
    private let link: any DeviceLink
    private let eventLoop: any EventLoop
    private let state: Mutex<SMPClientState>

    /// - Parameter eventLoop: where time-outs run; best the one that carries the link.
    package init(
        link: any DeviceLink, limits: SMPExchangeLimits = SMPExchangeLimits(), on eventLoop: any EventLoop,
        firstSequence: UInt8 = 0
    ) {
        self.link = link
        self.eventLoop = eventLoop
        state = Mutex(SMPClientState(limits: limits, firstSequence: firstSequence))
    }

    /// Opens the link and waits until it is open. Called once, before anything is asked.
    package func open() async throws(SMPClientError) {
        let opened = await withCheckedContinuation { continuation in
            handle(.openSubmitted(continuation))
            link.start { [self] event in
                switch event {
                case .opened: handle(.opened)
                case .received(let message): handle(.exchange(.received(message: message)))
                case .gone(let reason): handle(.gone(reason))
                }
            }
        }
        try opened.get()
    }

    /// Ends the link and with it every request that waits.
    package func close() {
        link.close()
    }

    /// How many requests may be outstanding: the device's buf_count.
    package func setWindow(_ windowMax: Int) {
        handle(.windowSet(windowMax))
    }

    /// Sends a request and waits for the typed answer.
    ///
    /// - Parameters:
    ///   - responseTimeout: of one attempt; nil takes that of the limits.
    ///   - attemptCountMax: nil takes that of the limits; 1 for what must not happen twice.
    package func request<Request: SMPRequest>(
        _ request: Request, responseTimeout: Duration? = nil, attemptCountMax: Int? = nil
    ) async throws(SMPClientError) -> Request.Response {
        let id = state.withLock { $0.reserve() }
        let submission = SMPExchangeRequest(
            id: id, request, responseTimeout: responseTimeout, attemptCountMax: attemptCountMax)
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                handle(.submitted(submission, continuation))
            }
        } onCancel: {
            handle(.cancelled(id))
        }
        let message = try answer.get()
        do {
            return try message.response(Request.Response.self).get()
        } catch let failure as SMPFailure {
            throw .refused(failure)
        } catch let error as SMPError {
            throw .responseMalformed(error)
        } catch {
            preconditionFailure("a response is either refused or malformed")
        }
    }

    /// Uploads an image file, with up to `limits.windowMax` chunks outstanding.
    ///
    /// - Parameters:
    ///   - imageNumber: which image of a device with several; nil leaves it out.
    ///   - upgrade: true asks the device to refuse an image that is not newer.
    ///   - progress: told the bytes that the device has, on the link's event loop; it may go back. Must not block.
    package func upload(
        _ image: [UInt8], imageNumber: UInt32? = nil, upgrade: Bool? = nil, limits: ImageUploadLimits,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(SMPUploadError) -> ImageUploadOutcome {
        let upload: ImageUpload
        do {
            upload = try ImageUpload(image: image, imageNumber: imageNumber, upgrade: upgrade, limits: limits)
        } catch {
            throw .failed(error)
        }
        setWindow(limits.windowMax)
        let id = state.withLock { $0.reserve() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                handle(.uploadSubmitted(id, upload, progress, continuation))
            }
        } onCancel: {
            handle(.uploadCancelled(id))
        }
        return try outcome.get()
    }

    private func handle(_ event: SMPClientState.Event) {
        guard state.withLock({ $0.handle(event) }) else { return }
        while let effect = state.withLock({ $0.takeEffect() }) {
            perform(effect)
        }
    }

    private func perform(_ effect: SMPClientState.Effect) {
        switch effect {
        case .send(let message):
            link.send(message)
        case .startTimer(let timer, let duration):
            handle(.timerStarted(timer, deadline: .now() + TimeAmount(duration)))
        case .wake(let deadline):
            eventLoop.scheduleTask(deadline: deadline) { [weak self] in
                self?.handle(.woke(.now()))
            }
        case .resumeOpen(let continuation, let result):
            continuation.resume(returning: result)
        case .resumeRequest(let continuation, let answer):
            continuation.resume(returning: answer)
        case .report(let progress, let offset):
            progress(offset)
        case .resumeUpload(let continuation, let outcome):
            continuation.resume(returning: outcome)
        }
    }
}
