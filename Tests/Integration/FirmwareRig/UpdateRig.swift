import CBORCoding
import CORProtocol
import Crypto
import Glibc
import HubCore
import MCUbootImage
import SMPProtocol

enum FirmwarePhaseName {
    static func name(of end: FirmwareOutcome.End) -> String {
        FirmwarePhase.allCases.first { $0.end == end }?.code ?? "none"
    }
}

/// One update over one link: the machines of the hub, and a loop that performs what they ask.
struct UpdateRig {
    struct Options: Sendable {
        var proofSeconds = 1
        var rollsBack = false
        var isCorrupting = false
        var bootLog: (path: String, mark: String)?
    }

    private enum Event: Sendable {
        case link(LinkEvent)
        case exchangeTimer(SMPTimerID)
        case update(FirmwareUpdate.Event)
        case rollBack
    }

    let link: any DeviceLink
    let image: VerifiedImage
    let file: [UInt8]
    let options: Options

    func run() async -> FirmwareOutcome {
        let (events, inbox) = AsyncStream.makeStream(of: Event.self)
        var policy = FirmwarePolicy()
        policy.proofTime = .seconds(options.proofSeconds)
        guard let serial = DeviceSerial("REAL-0001") else { preconditionFailure("a serial number") }
        var update = FirmwareUpdate(serial: serial, policy: policy)
        var exchange = SMPExchange(limits: SMPExchangeLimits(responseTimeout: .seconds(20)))
        var run: (id: UInt64, step: FirmwareStepRun)?
        var outcome: FirmwareOutcome?
        var bootCount = 0
        link.start { inbox.yield(.link($0)) }

        func later(_ event: Event, after delay: Duration) {
            Task {
                try? await Task.sleep(for: delay)
                inbox.yield(event)
            }
        }
        func perform(_ effects: [SMPExchange.Effect]) {
            for effect in effects {
                switch effect {
                case .send(let message): link.send(message)
                case .startTimer(let id, let delay): later(.exchangeTimer(id), after: delay)
                case .finish(let id, let result): perform(run?.step.handle(.finished(id, result)) ?? [])
                }
            }
        }
        func perform(_ effects: [FirmwareStepRun.Effect]) {
            for effect in effects {
                switch effect {
                case .submit(let request): perform(exchange.handle(.submitted(corrupted(request))))
                case .cancel(let id): perform(exchange.handle(.cancelled(id)))
                case .setWindow(let count): perform(exchange.setWindow(count))
                case .progress: break
                case .end(let result):
                    guard let id = run?.id else { continue }
                    run = nil
                    inbox.yield(.update(.stepEnded(step: id, result)))
                    // The answer to a reset may be lost with it: the device is back only behind the end of its step.
                    if result == .success(.restarting) {
                        awaitBoot(after: bootCount) { inbox.yield(.update(.deviceSeen(nil))) }
                    }
                }
            }
        }
        func perform(_ effects: [FirmwareUpdate.Effect]) {
            for effect in effects {
                switch effect {
                case .keep(let record, _, _):
                    print("{\"phase\": \"\(record.phase.code)\"}")
                    if options.rollsBack, record.phase == .proving { inbox.yield(.rollBack) }
                case .judge: inbox.yield(.update(.judged(.accepted)))
                case .fetch: inbox.yield(.update(.fetched(nil)))
                case .perform(let id, let action):
                    let step = FirmwareStepRun(self.step(action), profile: .imagesOnly) { [link] in
                        link.messageLengthMax(bufferSize: $0)
                    }
                    run = (id, step)
                    if action == .restart { bootCount = self.bootCount }
                    perform(run?.step.handle(.started) ?? [])
                case .abandon: perform(run?.step.abandon() ?? [])
                case .startTimer(let id, let delay): later(.update(.timerFired(id: id)), after: delay)
                case .tell: break
                case .report(let found): outcome = found
                }
            }
        }

        for await event in events {
            let now = Self.now()
            switch event {
            case .link(.opened):
                perform(update.handle(.deviceSeen(nil), at: now, under: FirmwareConditions()))
                perform(update.handle(.offered(offer, metadataVersion: 1), at: now, under: FirmwareConditions()))
            case .link(.received(let message)): perform(exchange.handle(.received(message: message)))
            case .link(.gone(let reason)):
                print("{\"gone\": \"\(reason)\"}")
                exit(1)
            case .exchangeTimer(let id): perform(exchange.handle(.timerFired(id)))
            case .update(let event): perform(update.handle(event, at: now, under: FirmwareConditions()))
            case .rollBack:
                let asked = try? update.request(.rollback, at: now, under: FirmwareConditions())
                perform(asked ?? [])
            }
            if let outcome { return outcome }
        }
        preconditionFailure("the loop ends with an outcome")
    }

    private var offer: FirmwareOffer {
        FirmwareOffer(
            target: .init(name: "image.bin", sha256: .of(file), length: file.count), image: FirmwareImageFacts(image),
            origin: .file(actor: AuditActor(component: "rig")), window: .anytime)
    }

    private func step(_ action: FirmwareAction) -> FirmwareStep {
        switch action {
        case .inspect: .inspect
        case .upload: .upload(image)
        case .mark(let hash): .mark(imageHash: hash)
        case .restart: .restart
        case .prove: .prove
        case .confirm: .confirm
        }
    }

    /// The last byte of the payload with one bit changed, in the chunk that carries it; and the digest of what then arrives.
    private func corrupted(_ request: SMPExchangeRequest) -> SMPExchangeRequest {
        guard options.isCorrupting, request.group == ImageUploadRequest.group,
            request.command == ImageUploadRequest.command,
            let payload = try? CBORValue.decode(request.payload, mode: .tolerant),
            var chunk = try? ImageUploadRequest(operation: .write, payload: payload)
        else { return request }
        let place = Int(image.header.payloadLength) / 2
        var bytes = image.bytes
        bytes[place] ^= 1
        chunk.first?.digest = Array(SHA256.hash(data: bytes))
        let index = place - Int(chunk.offset)
        if chunk.data.indices.contains(index) { chunk.data[index] ^= 1 }
        var changed = request
        changed.payload = chunk.payload.encoded()
        return changed
    }

    /// Calls back when the device has booted once more: an emulated UART does not bear bytes before that.
    private func awaitBoot(after before: Int, _ isBack: @escaping @Sendable () -> Void) {
        let log = options.bootLog
        Task {
            repeat {
                try? await Task.sleep(for: .milliseconds(log == nil ? 3_000 : 200))
            } while log.map { Self.count($0.mark, in: $0.path) <= before } ?? false
            isBack()
        }
    }

    private var bootCount: Int { options.bootLog.map { Self.count($0.mark, in: $0.path) } ?? 0 }

    private static func count(_ mark: String, in path: String) -> Int {
        String(decoding: contents(of: path), as: UTF8.self).occurrences(of: mark)
    }

    private static func now() -> TimeBlock {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return TimeBlock(
            bootID: [UInt8](repeating: 1, count: 16),
            boottimeNanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec),
            wallMilliseconds: 1_780_315_200_000, sync: .synchronised, rtcPresent: true)
    }
}

extension String {
    /// How often the mark stands in the text.
    fileprivate func occurrences(of mark: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.firstRange(of: mark) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
