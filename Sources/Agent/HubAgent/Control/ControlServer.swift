import CHubShim
import DurableFiles
import Glibc
import HubCore
import JSONCoding
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// HTTP/1.1 on a unix-domain socket: what the command line asks of the agent. The socket's group decides who reaches it,
/// and who the kernel says is there what they may; any HTTP client can ask, for example `curl --unix-socket`.
struct ControlServer: Service {
    private typealias Connection = HTTPConnection

    private static let connectionCountMax = 32

    private let listener: NIOAsyncChannel<Connection, Never>
    private let router: ControlRouter
    private let users: LocalUsers
    private let path: String
    private let logger: Logger

    /// Binds before anything runs, so that a start that says ready can be asked. A socket file that nobody answers on
    /// is left over from a killed agent and replaced.
    static func bind(_ context: ControlContext, logger: Logger) async throws(AgentFault) -> ControlServer {
        let path = context.configuration.controlSocket
        do {
            let users = try LocalUsers(
                administrators: context.configuration.controlGroup, readers: context.configuration.controlReadGroup)
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
            try restrict(path, to: users)
            return ControlServer(
                listener: listener, router: ControlRouter(context: context), users: users, path: path, logger: logger)
        } catch let fault as AgentFault {
            throw fault
        } catch let unknown as LocalUsers.UnknownGroup {
            throw .controlSocket(
                path: path, reason: "there is no group \(unknown.name) (control.group, control.read_group)")
        } catch {
            throw .controlSocket(path: path, reason: "\(error)")
        }
    }

    private init(
        listener: NIOAsyncChannel<Connection, Never>, router: ControlRouter, users: LocalUsers, path: String,
        logger: Logger
    ) {
        self.listener = listener
        self.router = router
        self.users = users
        self.path = path
        self.logger = logger
    }

    func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await listener.serveEach(countMax: Self.connectionCountMax, serve)
        } onCancelOrGracefulShutdown: { [channel = listener.channel] in
            channel.close(promise: nil)
        }
        unlink(path)
    }

    @Sendable
    private func serve(_ connection: Connection) async {
        do {
            guard let caller = await users.caller(of: connection.channel) else {
                return try await connection.channel.close()
            }
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
                            ControlRequest(
                                method: received.method.rawValue, target: received.uri, body: body, user: caller.user),
                            to: caller)
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

    /// With readers of their own, everybody reaches the socket, and the agent sends away who is neither.
    private static func restrict(_ path: String, to users: LocalUsers) throws(AgentFault) {
        // The unit's filter of system calls has no chown: the group of the service needs none.
        if let group = users.administrators, FileStatus(ofFile: path)?.group != group,
            chown(path, uid_t.max, group) != 0
        {
            throw .controlSocket(path: path, reason: "cannot be given to group \(group)")
        }
        guard chmod(path, users.readers == nil ? 0o660 : 0o666) == 0 else {
            throw .controlSocket(path: path, reason: String(cString: strerror(errno)))
        }
    }
}
