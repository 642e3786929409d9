import CORProtocol
import DurableFiles
import NIOCore
import SMPProtocol

/// Drives the model on an event loop: requests, commands and timers in, effects out in order.
///
/// It lives on the loop's thread only, so nothing can race the model. Files are written on that thread, too: what an
/// answer promises must be durable before the answer goes.
final class DeviceDriver<Peer: Sendable> {
    private var model: DeviceModel
    private let folder: StateFolder?
    private let eventLoop: any EventLoop
    private let report: @Sendable (DeviceReport) -> Void
    /// Puts a message on the link; without a flush.
    private let send: ([UInt8], Peer) -> Void
    private let flush: () -> Void
    private let startedAt = NIODeadline.now()
    /// Where events go: the last that spoke of group 64.
    private var hub: Peer?
    private var scheduledTick: NIODeadline?
    private(set) var isOff = false

    init(
        model: DeviceModel, folder: StateFolder?, on eventLoop: any EventLoop,
        report: @escaping @Sendable (DeviceReport) -> Void, send: @escaping ([UInt8], Peer) -> Void,
        flush: @escaping () -> Void
    ) {
        self.model = model
        self.folder = folder
        self.eventLoop = eventLoop
        self.report = report
        self.send = send
        self.flush = flush
    }

    func start() {
        perform(model.start(), answering: nil)
        finishTurn()
    }

    /// Takes a request; the owner calls `finishTurn` after the last that came at once.
    ///
    /// - Parameter link: over which it came, where the device has several.
    func received(_ request: [UInt8], from peer: Peer, over link: LinkKind? = nil) {
        guard !isOff else { return }
        if Self.isOfDeviceGroup(request) { hub = peer }
        perform(model.handle(request: request, over: link, at: now), answering: peer)
    }

    func perform(_ command: DeviceCommand) {
        guard !isOff else { return }
        perform(model.perform(command, at: now), answering: nil)
        finishTurn()
    }

    func switchOff() {
        guard !isOff else { return }
        perform(model.switchOff(at: now), answering: nil)
        isOff = true
        flush()
    }

    /// The link has ended: no event goes out before a hub has spoken on the next.
    func linkEnded() {
        hub = nil
    }

    func finishTurn() {
        flush()
        scheduleTick()
    }

    private var now: Duration {
        .nanoseconds((NIODeadline.now() - startedAt).nanoseconds)
    }

    private func perform(_ effects: [DeviceEffect], answering peer: Peer?) {
        for effect in effects {
            switch effect {
            case .send(let message, let delay):
                guard let peer else { continue }
                send(message, to: peer, after: delay)
            case .notify(let message):
                guard let hub else { continue }
                send(message, hub)
            case .persist, .keep, .discard:
                guard store(effect) else { return }
            case .report(let what):
                report(what)
            }
        }
    }

    /// Whether the effect is durable; where it is not, the device does nothing that depends on it.
    private func store(_ effect: DeviceEffect) -> Bool {
        guard let folder else { return true }
        do throws(FileFault) {
            switch effect {
            case .persist(let snapshot): try folder.save(snapshot)
            case .keep(let record): try folder.save(record)
            case .discard(let sequences): try folder.remove(sequences: sequences)
            case .send, .notify, .report: break
            }
            return true
        } catch {
            report(.storageFailed(reason: error.description))
            return false
        }
    }

    private func send(_ message: [UInt8], to peer: Peer, after delay: Duration?) {
        guard let delay else { return send(message, peer) }
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            self.send(message, peer)
            self.flush()
        }
    }

    /// Keeps one timer no later than the model's deadline. A timer that is early does no harm: the model looks at the time.
    private func scheduleTick() {
        guard !isOff, let deadline = model.deadline else { return }
        let due = startedAt + TimeAmount(deadline)
        if let scheduledTick, scheduledTick <= due { return }
        scheduledTick = due
        eventLoop.assumeIsolated().scheduleTask(deadline: due) {
            guard !self.isOff else { return }
            if self.scheduledTick == due { self.scheduledTick = nil }
            self.perform(self.model.tick(at: self.now), answering: nil)
            self.finishTurn()
        }
    }

    /// Whether a request's SMP header names group 64; the model itself knows of no peers.
    private static func isOfDeviceGroup(_ request: [UInt8]) -> Bool {
        let groupOffset = 4
        guard request.count >= groupOffset + 2 else { return false }
        return UInt16(request[groupOffset]) << 8 | UInt16(request[groupOffset + 1]) == SMPGroup.cor
    }
}
