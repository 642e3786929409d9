package import HubCore
package import NIOCore
import NIOPosix
import NIOSSL

/// The certificates that a server shows, without trusting them: for saying why a connection was refused.
///
/// The handshake is given up when they are there, so that nothing is sent.
package enum ShownCertificates {
    /// DER, the server's own first; nothing where no TLS came about.
    package static func of(
        _ url: UpstreamURL, limits: HTTPLimits = HTTPLimits(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async -> [[UInt8]] {
        let shown = group.any().makePromise(of: [[UInt8]].self)
        do {
            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
            let name = HTTPTransport.serverName(of: url.host)
            let channel = try await ClientBootstrap(group: group).connectTimeout(TimeAmount(limits.connectTimeout))
                .connect(host: url.host, port: url.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = try NIOSSLClientHandler(
                            context: context, serverHostname: name,
                            customVerificationCallback: { certificates, verdict in
                                shown.succeed(certificates.compactMap { try? $0.toDERBytes() })
                                verdict.succeed(.failed)
                            })
                        try channel.pipeline.syncOperations.addHandler(handler)
                        return channel
                    }
                }
            let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.handshakeTimeout)) {
                channel.close(promise: nil)
            }
            channel.closeFuture.whenComplete { _ in
                deadline.cancel()
                // Where no certificate came; a promise that was kept stays kept.
                shown.succeed([])
            }
        } catch {
            shown.succeed([])
        }
        do { return try await shown.futureResult.get() } catch { return [] }
    }
}
