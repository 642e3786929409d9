import CORProtocol
import FoundationEssentials
package import HubCore
import JSONCoding
package import NIOCore
import NIOPosix

/// Enrolment by a one-time token: `POST /v1/enroll` with HTTP Basic, before the hub has a certificate.
/// firmware-specs/upstream.md.
package struct TokenEnrolment: EnrolmentPort {
    private let url: UpstreamURL
    private let upstreamCA: [[UInt8]]
    private let clock: any HubClockReading
    private let limits: HTTPLimits
    private let group: any EventLoopGroup

    /// - Parameter upstreamCA: DER, given to whoever installs the hub along with the token: the token is shown to no
    ///   one else.
    package init(
        _ url: UpstreamURL, upstreamCA: [[UInt8]], clock: any HubClockReading, limits: HTTPLimits = HTTPLimits(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.url = url
        self.upstreamCA = upstreamCA
        self.clock = clock
        self.limits = limits
        self.group = group
    }

    package func enrol(_ claim: EnrolmentClaim) async -> EnrolmentOutcome {
        let response: HTTPResponse
        do throws(HTTPFailure) {
            let trust = HTTPTrust(anchors: upstreamCA, credential: nil)
            let client = try HTTPClient(.tls(host: url.host, port: url.port, trust), limits: limits, on: group)
            defer { client.close() }
            response = try await client.send(request(claim))
        } catch {
            return .failed(UpstreamFault(error), retryAfter: nil)
        }
        return outcome(of: response)
    }

    private func request(_ claim: EnrolmentClaim) -> HTTPRequest {
        let body: JSONValue = .object([
            JSONMember(name: "tls_csr", value: .string(Self.base64(claim.tlsRequest))),
            JSONMember(name: "signing_csr", value: .string(Self.base64(claim.signingRequest))),
        ])
        // RFC 7617 §2.
        let credentials = Self.base64(Array("\(claim.hubID.text):\(claim.token)".utf8))
        return HTTPRequest(
            .post, url.basePath + "/v1/enroll",
            fields: [
                HTTPField("Authorization", "Basic \(credentials)"),
                HTTPField("Content-Type", "application/json"),
                HTTPField("Accept", "application/json"),
            ],
            body: Array(body.serialized().utf8))
    }

    private func outcome(of response: HTTPResponse) -> EnrolmentOutcome {
        switch response.status {
        case 201:
            guard let grant = EnrolmentGrant(response.body) else {
                return .failed(.unexpectedAnswer(reason: "status 201 without certificates"), retryAfter: nil)
            }
            return .granted(grant)
        case 408, 425, 429, 500...599:
            return .failed(
                .unavailable(status: response.status),
                retryAfter: response.retryDelay(wallMilliseconds: clock.now().wallMilliseconds))
        case 400...499:
            guard let error = UpstreamErrorBody(response) else { fallthrough }
            return .refused(status: response.status, code: error.code, message: error.message)
        default:
            return .failed(.unexpectedAnswer(reason: "status \(response.status)"), retryAfter: nil)
        }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
    }
}

extension EnrolmentGrant {
    /// {"hub", "environment", "tls_chain": [PEM], "signing_chain": [PEM], "ca": PEM, "receipt_certificate": PEM};
    /// nil for anything else.
    fileprivate init?(_ body: [UInt8]) {
        guard
            let value = try? JSONValue.parse(body),
            let hubID = value["hub"]?.stringValue.flatMap({ HubID($0) }),
            let environment = value["environment"]?.stringValue,
            let tlsChain = value["tls_chain"]?.texts,
            let signingChain = value["signing_chain"]?.texts,
            let upstreamCA = value["ca"]?.stringValue,
            let receiptCertificate = value["receipt_certificate"]?.stringValue
        else { return nil }
        self.init(
            hubID: hubID, environment: environment, tlsChain: tlsChain, signingChain: signingChain,
            upstreamCA: upstreamCA, receiptCertificate: receiptCertificate)
    }
}

extension JSONValue {
    /// The strings of an array that holds at least one string and nothing else.
    fileprivate var texts: [String]? {
        guard let arrayValue, !arrayValue.isEmpty else { return nil }
        let texts = arrayValue.compactMap(\.stringValue)
        return texts.count == arrayValue.count ? texts : nil
    }
}
