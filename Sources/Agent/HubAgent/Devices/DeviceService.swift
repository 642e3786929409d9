import CORProtocol
import DeviceLinks
import HubCore
import Logging
import ServiceLifecycle

/// Awaits a device at one address and works with it for as long as the agent runs.
struct DeviceService: Service {
    let address: LinkAddress
    let linkFactory: DeviceLinkFactory
    let session: DeviceSession.Configuration
    let services: AgentServices
    let interrupted: InterruptedReads
    let logger: Logger

    func run() async throws {
        var ladder = ReconnectLadder()
        services.board.note(session.address, link: session.link) { _ in }
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            let eventLoop = linkFactory.nextEventLoop()
            let conversation = DeviceConversation(
                link: try linkFactory.link(to: address, on: eventLoop), configuration: session,
                services: services,
                interrupted: interrupted)
            let started = ContinuousClock.now
            // On the link's own event loop a request and its answer need no change of thread.
            let end = try await withTaskExecutorPreference(EventLoopTaskExecutor(eventLoop)) {
                try await conversation.run()
            }
            // A session that worked with its device and lasted was a success, however it ended.
            if end.wasConnected, started.duration(to: .now) > .seconds(10) { ladder.succeeded() }
            note(end.reason)
            let delay = ladder.delay(after: end.reason, chance: .random(in: 0..<1))
            guard await Task.slept(for: delay) else { break }
        }
    }

    private func note(_ end: SessionEnd) {
        var serial: DeviceSerial?
        services.board.note(session.address, link: session.link) { connection in
            serial = connection.serial
            connection.status = nil
            switch end {
            case .linkGone: connection.state = .searching
            case .silent: connection.state = .waiting(reason: "the device does not answer")
            case .refused(let refusal): connection.state = .refused(refusal)
            case .storageRefused: connection.state = .waiting(reason: "the hub cannot keep records at present")
            }
        }
        services.events.publish(.deviceGone(serial: serial, address: session.address, reason: end.code))
        logger.debug("session ended", metadata: ["address": "\(session.address)", "end": "\(end.code)"])
    }
}

extension Task where Success == Never, Failure == Never {
    /// False when the sleep was cut short because the agent stops.
    static func slept(for duration: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
            return !Task.isShuttingDownGracefully
        } catch {
            return false
        }
    }
}
