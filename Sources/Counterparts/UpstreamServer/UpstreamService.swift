import FoundationEssentials
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import X509

/// The reference receiver: HTTPS for hubs and operators over one state folder.
///
/// TLS asks for a client certificate, does without one, and refuses one that is not our authority's; a hub's passes behind its
/// end too. What a certificate may do is decided by each endpoint.
package struct UpstreamService: Service {
    private let folder: StateFolder
    private let configuration: UpstreamConfiguration
    private let routes: Routes
    private let gate: Gate
    private let clock: UpstreamClock
    private let logger: Logger
    private let onReady: @Sendable (_ port: Int) -> Void

    /// Opens the databases; they are closed when the service is gone.
    ///
    /// - Parameter onReady: called once, when requests are answered.
    package init(
        folder: StateFolder, configuration: UpstreamConfiguration, clock: @escaping UpstreamClock = systemClock,
        logger: Logger, onReady: @escaping @Sendable (_ port: Int) -> Void
    ) throws(UpstreamFault) {
        do {
            let desk = try EnrolmentDesk(folder: folder, clock: clock)
            let ledger = try LedgerDatabase(folder: folder, signer: ReceiptSigner(folder: folder), clock: clock)
            let registry = try DeviceRegistry(folder: folder, clock: clock)
            let receiver = BatchReceiver(
                folder: folder, inspector: DeviceRecordInspector(anchors: configuration.deviceAnchors),
                reportInspector: StateReportInspector(anchors: configuration.deviceAnchors), desk: desk, ledger: ledger,
                registry: registry, clock: clock)
            routes = Routes(
                desk: desk, receiver: receiver, ledger: ledger,
                registry: registry,
                evidence: DeviceEvidenceInspector(anchors: configuration.deviceAnchors), clock: clock)
            gate = Gate(desk: desk, ledger: ledger, clock: clock, grace: configuration.certificateGrace)
        } catch {
            throw UpstreamFault(opening: error)
        }
        self.folder = folder
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until it is told to stop; requests under way are answered first.
    ///
    /// - Throws: `UpstreamFault`.
    package func run() async throws {
        do {
            try await makeApplication().run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw UpstreamFault.addressInUse(host: configuration.host, port: configuration.port)
        } catch let error as UpstreamFault {
            throw error
        } catch {
            throw UpstreamFault.serving("\(error)")
        }
    }

    private func makeApplication() throws -> some ApplicationProtocol {
        let endpoints = routes.endpoints
        let gate = gate
        let router = Router(context: UpstreamRequestContext.self)
        router.add(middleware: FailureMiddleware(endpoints: endpoints))
        for endpoint in endpoints {
            router.on(RouterPath(endpoint.routerPath), method: endpoint.method) { request, context in
                try await gate.respond(to: request, context, by: endpoint)
            }
        }
        if let path = configuration.firmwareRepository { StaticRepository(folder: path).add(to: router) }
        let onReady = onReady
        let admission = ClientAdmission(roots: folder.roots, clock: clock).verdict
        return Application(
            router: router,
            server: try .tls(
                .http1(
                    configuration: .init(
                        idleTimeout: .nanoseconds(Int64(configuration.idleTimeout / .nanoseconds(1))))),
                configuration: TLSChannelConfiguration(
                    tlsConfiguration: makeTLSConfiguration(), customAsyncVerificationCallback: admission)),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connectionCountMax)),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    private func makeTLSConfiguration() throws -> TLSConfiguration {
        let identity = try folder.serverIdentity(at: Date(milliseconds: clock()))
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.chain.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        // What is sent to clients as the authorities that are asked for; `ClientAdmission` judges.
        configuration.trustRoots = .certificates(
            try folder.roots.map { try NIOSSLCertificate(bytes: try $0.derBytes(), format: .der) })
        configuration.certificateVerification = .optionalVerification
        // A peer that does not answer the end of TLS does not hold up ours.
        configuration.shutdownTimeout = .seconds(1)
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}

/// Why the server does not run; each is one line for the terminal.
package enum UpstreamFault: Error, Sendable, Hashable, CustomStringConvertible {
    case addressInUse(host: String, port: Int)
    /// Another server has the state folder open.
    case stateInUse
    case database(String)
    case state(CertificateFault)
    case serving(String)

    init(opening error: any Error) {
        self =
            switch error {
            case let fault as CertificateFault: .state(fault)
            case LedgerFailure.storage(let failure) where failure.isBusy: .stateInUse
            case LedgerFailure.storage(let failure), let failure as SQLiteFailure: .database(failure.description)
            case LedgerFailure.damaged(let what): .database(what)
            default: .serving("\(error)")
            }
    }

    package var description: String {
        switch self {
        case .addressInUse(let host, let port): "\(host):\(port) is in use"
        case .stateInUse: "another server has this state folder open"
        case .database(let reason): reason
        case .state(let fault): fault.description
        case .serving(let reason): reason
        }
    }
}
