import CHubShim
import Glibc
import HubCore
import JSONCoding
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// HTTP/1.1 on a unix-domain socket: what the command line asks of the agent. 0660, so the socket's group decides who
/// may ask; any HTTP client can, for example `curl --unix-socket`.
struct ControlServer: Service {
    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private static let connectionCountMax = 32

    private let listener: NIOAsyncChannel<Connection, Never>
    private let router: ControlRouter
    private let path: String
    private let logger: Logger

    /// Binds before anything runs, so that a start that says ready can be asked. A socket file that nobody answers on
    /// is left over from a killed agent and replaced.
    static func bind(_ context: ControlContext, logger: Logger) async throws(AgentFault) -> ControlServer {
        let path = context.configuration.controlSocket
        do {
            try makeFolder(of: path)
            if await isAnswered(path) {
                throw AgentFault.controlSocket(path: path, reason: "another agent answers on it")
            }
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 16)
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
            try restrict(path, group: context.configuration.controlGroup)
            return ControlServer(
                listener: listener, router: ControlRouter(context: context), path: path, logger: logger)
        } catch let fault as AgentFault {
            throw fault
        } catch {
            throw .controlSocket(path: path, reason: "\(error)")
        }
    }

    private init(listener: NIOAsyncChannel<Connection, Never>, router: ControlRouter, path: String, logger: Logger) {
        self.listener = listener
        self.router = router
        self.path = path
        self.logger = logger
    }

    func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await accept()
        } onCancelOrGracefulShutdown: { [channel = listener.channel] in
            channel.close(promise: nil)
        }
        unlink(path)
    }

    private func accept() async throws {
        try await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                let slots = ConnectionSlots(countMax: Self.connectionCountMax)
                for try await connection in connections {
                    guard slots.take() else {
                        connection.channel.close(promise: nil)
                        continue
                    }
                    group.addTask {
                        defer { slots.giveBack() }
                        await serve(connection)
                    }
                }
                group.cancelAll()
            }
        }
    }

    private func serve(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                var parts = inbound.makeAsyncIterator()
                var head: HTTPRequestHead?
                var body: [UInt8] = []
                while let part = try await parts.next() {
                    switch part {
                    case .head(let received):
                        head = received
                        body = []
                    case .body(let buffer):
                        guard let head,
                            body.count + buffer.readableBytes
                                <= ControlRouter.bodyLengthMax(method: head.method.rawValue, target: head.uri)
                        else { return }
                        body += buffer.readableBytesView
                    case .end:
                        guard let received = head else { return }
                        head = nil
                        let answer = await router.answer(
                            ControlRequest(method: received.method.rawValue, target: received.uri, body: body))
                        let responder = ControlResponder(outbound: outbound)
                        if case .lines(let lines) = answer {
                            try await Self.stream(lines, by: responder, to: connection.channel, until: &parts)
                            return
                        }
                        try await responder.write(answer, keepAlive: received.isKeepAlive)
                        guard received.isKeepAlive else { return }
                    }
                }
            }
        } catch {
            // The client went away in the middle, which is its right (Ctrl-C on `monitor`).
            logger.trace("control connection ended", metadata: ["error": "\(error)"])
        }
    }

    /// Streams until there is nothing more to tell, or the client goes: also while nothing happens, since a client that
    /// left must not hold one of the few places until the next event.
    private static func stream(
        _ lines: AsyncStream<JSONValue>, by responder: ControlResponder, to channel: any Channel,
        until parts: inout NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                try await responder.write(lines)
                channel.close(promise: nil)
            }
            // Whatever a client still says behind its question is not listened to; its end is.
            while try await parts.next() != nil {}
            group.cancelAll()
        }
    }

    /// The runtime folder, where the service manager has not made it.
    private static func makeFolder(of path: String) throws(AgentFault) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
            throw .controlSocket(path: path, reason: "\(folder): \(String(cString: strerror(errno)))")
        }
    }

    private static func isAnswered(_ path: String) async -> Bool {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path).get()
            try await channel.close()
            return true
        } catch {
            return false
        }
    }

    private static func restrict(_ path: String, group name: String?) throws(AgentFault) {
        if let name {
            var group = Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            var buffer = [CChar](repeating: 0, count: 16_384)
            guard getgrnam_r(name, &group, &buffer, buffer.count, &found) == 0, found != nil else {
                throw .controlSocket(path: path, reason: "there is no group \(name) (control.group)")
            }
            guard chown(path, uid_t.max, group.gr_gid) == 0 else {
                throw .controlSocket(path: path, reason: "cannot be given to group \(name)")
            }
        }
        guard chmod(path, 0o660) == 0 else {
            throw .controlSocket(path: path, reason: String(cString: strerror(errno)))
        }
    }
}
