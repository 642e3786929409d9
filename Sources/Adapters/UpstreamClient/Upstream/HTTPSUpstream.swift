import CORProtocol
package import HubCore
package import NIOCore
import NIOPosix

/// The upstream over HTTPS with client authentication: `POST /v1/batches`. firmware-specs/upstream.md.
package final class HTTPSUpstream: UpstreamPort {
    /// A receipt is some kilobytes: a proof of at most 63 hashes and two signatures.
    package static let receiptLengthMax = 65536

    private let url: UpstreamURL
    private let clock: any HubClockReading
    private let client: HTTPClient

    /// Connects with the first batch. Throws `.ownCredentialUnusable` for certificates that are none.
    package init(
        _ url: UpstreamURL, trust: HTTPTrust, clock: any HubClockReading, limits: HTTPLimits = HTTPLimits(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(HTTPFailure) {
        var limits = limits
        limits.bodyLengthMax = min(limits.bodyLengthMax, Self.receiptLengthMax)
        self.url = url
        self.clock = clock
        client = try HTTPClient(.tls(host: url.host, port: url.port, trust), limits: limits, on: group)
    }

    package func submit(batch: [UInt8]) async -> SubmissionOutcome {
        // Repeatable: the upstream knows a batch by hub, epoch, sequence and hash, and answers with the same receipt.
        let request = HTTPRequest(
            .post, url.basePath + "/v1/batches",
            fields: [
                HTTPField("Content-Type", "application/cose; cose-type=\"cose-sign1\""),
                HTTPField("Accept", "application/cose, application/json"),
            ],
            body: batch, isRepeatable: true)
        let result: Result<HTTPResponse, HTTPFailure>
        do throws(HTTPFailure) {
            result = .success(try await client.send(request))
        } catch {
            result = .failure(error)
        }
        return SubmissionOutcome(result, wallMilliseconds: clock.now().wallMilliseconds)
    }

    /// Closes the kept connection.
    package func close() {
        client.close()
    }
}
