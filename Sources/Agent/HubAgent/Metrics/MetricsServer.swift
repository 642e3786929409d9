import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// GET /metrics on 127.0.0.1, for a Prometheus or an agent of one on this machine. Nothing else is answered there.
struct MetricsServer: Service {
    private typealias Connection = HTTPConnection

    private static let connectionCountMax = 4

    private let listener: NIOAsyncChannel<Connection, Never>
    private let router: ControlRouter
    private let logger: Logger

    static func bind(
        port: Int, _ context: ControlContext, logger: Logger
    ) async throws(AgentFault) -> MetricsServer {
        do {
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 16)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
            return MetricsServer(listener: listener, router: ControlRouter(context: context), logger: logger)
        } catch {
            throw .link(address: "metrics.port \(port)", reason: "\(error)")
        }
    }

    private init(listener: NIOAsyncChannel<Connection, Never>, router: ControlRouter, logger: Logger) {
        self.listener = listener
        self.router = router
        self.logger = logger
    }

    func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await listener.serveEach(countMax: Self.connectionCountMax, serve)
        } onCancelOrGracefulShutdown: { [channel = listener.channel] in
            channel.close(promise: nil)
        }
    }

    /// One answer, and the end: whoever scrapes does so once in many seconds, and nobody shall hold a place.
    @Sendable
    private func serve(_ connection: Connection) async {
        let deadline = connection.channel.eventLoop.scheduleTask(in: .seconds(10)) {
            connection.channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        do {
            try await connection.executeThenClose { inbound, outbound in
                for try await part in inbound {
                    guard case .head(let head) = part else { continue }
                    try await ControlResponder(outbound: outbound).write(
                        await router.metricsAnswer(method: head.method.rawValue, target: head.uri), keepAlive: false)
                    return
                }
            }
        } catch {
            // The client went away in the middle, which is its right.
            logger.trace("metrics connection ended", metadata: ["error": "\(error)"])
        }
    }
}

extension ControlRouter {
    /// What the open port answers: metrics, and nothing else.
    func metricsAnswer(method: String, target: String) async -> ControlAnswer {
        guard method == "GET", target == "/metrics" else { return .failure(.notFound("this path")) }
        do throws(ControlRefusal) {
            return try await metrics()
        } catch {
            return .failure(error.failure)
        }
    }
}
