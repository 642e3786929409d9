import CORProtocol
import HubCore
import NIOCore
import Synchronization

/// A link without a system behind it: what is sent goes to a closure, and what that returns comes back.
final class SimulatedDeviceLink: DeviceLink {
    private enum State {
        case idle
        case open(@Sendable (LinkEvent) -> Void)
        case over
    }

    let kind = LinkKind.udp
    let address = "simulated"
    private let eventLoop: any EventLoop
    private let answer: @Sendable ([UInt8]) -> [[UInt8]]
    private let state = Mutex(State.idle)

    init(on eventLoop: any EventLoop, answering answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]) {
        self.eventLoop = eventLoop
        self.answer = answer
    }

    func start(_ handler: @escaping @Sendable (LinkEvent) -> Void) {
        state.withLock { $0 = .open(handler) }
        eventLoop.execute { handler(.opened) }
    }

    func send(_ message: [UInt8]) {
        guard message.count <= messageLengthMax else { return }
        eventLoop.execute {
            guard case .open(let handler) = self.state.withLock({ $0 }) else { return }
            for message in self.answer(message) {
                handler(.received(message: message))
            }
        }
    }

    func close() { end(.closed) }

    /// The device goes away.
    func unplug() { end(.refused) }

    private func end(_ reason: LinkGoneReason) {
        let handler = state.withLock { state -> (@Sendable (LinkEvent) -> Void)? in
            defer { state = .over }
            guard case .open(let handler) = state else { return nil }
            return handler
        }
        guard let handler else { return }
        eventLoop.execute { handler(.gone(reason)) }
    }
}
