import CORProtocol
import ESTProtocol
import FoundationEssentials
package import HubCore
import JSONCoding
package import NIOCore
import NIOPosix

/// Enrolment over Secure Transport (RFC 7030), and `GET /v1/profile`. firmware-specs/upstream.md §3.
///
/// Each question has a connection of its own, whose server has shown that it is the upstream before a byte of the question
/// goes out.
package struct ESTClient: EnrolmentPort {
    private let url: UpstreamURL
    private let trust: HTTPTrust
    private let clock: any HubClockReading
    private let limits: HTTPLimits
    private let group: any EventLoopGroup

    /// - Parameter trust: the authorities that the upstream is known by, and the hub's TLS credential where it has one.
    package init(
        _ url: UpstreamURL, trust: HTTPTrust, clock: any HubClockReading, limits: HTTPLimits = HTTPLimits(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.url = url
        self.trust = trust
        self.clock = clock
        self.limits = limits
        self.group = group
    }

    package func authorities() async -> EnrolmentAnswer<[[UInt8]]> {
        await answer(
            to: HTTPRequest(.get, url.basePath + ESTPath.authorityCertificates, isRepeatable: true), Self.certificates)
    }

    package func certificates(for request: CertificationRequest) async -> EnrolmentAnswer<[[UInt8]]> {
        var fields = [
            HTTPField("Content-Type", ESTPath.requestType), HTTPField(ESTPath.encodingField, ESTPath.encoding),
            HTTPField("Accept", ESTPath.certificatesType + ", application/json"),
        ]
        switch request.ground {
        case .token(let hub, let secret):
            // RFC 7617 §2.
            let credentials = Data("\(hub.text):\(secret)".utf8).base64EncodedString()
            fields.append(HTTPField("Authorization", "Basic \(credentials)"))
        case .renewal(let proof?):
            fields.append(HTTPField(RotationProof.field, Data(proof).base64EncodedString()))
        case .enrolment, .renewal:
            break
        }
        return await answer(
            to: HTTPRequest(
                .post, url.basePath + Self.path(of: request), fields: fields,
                body: Array(ESTBase64.text(of: request.request).utf8), isRepeatable: true),
            Self.certificates)
    }

    package func profile() async -> EnrolmentAnswer<UpstreamProfile> {
        await answer(to: HTTPRequest(.get, url.basePath + "/v1/profile", isRepeatable: true), Self.profile)
    }

    private static func path(of request: CertificationRequest) -> String {
        switch (request.use, request.ground) {
        case (.tls, .token), (.tls, .enrolment): ESTPath.enrol
        case (.tls, .renewal): ESTPath.reenrol
        case (.signing, .token), (.signing, .enrolment): ESTPath.enrolSigning
        case (.signing, .renewal): ESTPath.reenrolSigning
        }
    }

    private func answer<Value: Sendable>(
        to request: HTTPRequest, _ read: (HTTPResponse) -> Value?
    ) async -> EnrolmentAnswer<Value> {
        let response: HTTPResponse
        do throws(HTTPFailure) {
            let client = try HTTPClient(.tls(host: url.host, port: url.port, trust), limits: limits, on: group)
            defer { client.close() }
            response = try await client.send(request)
        } catch {
            return .failed(UpstreamFault(error), retryAfter: nil)
        }
        let delay = response.retryDelay(wallMilliseconds: clock.now().wallMilliseconds)
        switch response.status {
        case 200:
            guard let value = read(response) else {
                return .failed(.unexpectedAnswer(reason: "status 200 without what was asked for"), retryAfter: nil)
            }
            return .granted(value)
        case 202:
            // RFC 7030 §4.2.3.
            return .pending(retryAfter: delay)
        case 408, 425, 429, 500...599:
            return .failed(.unavailable(status: response.status), retryAfter: delay)
        case 400...499:
            // Other EST servers say in plain text why they refuse.
            guard let error = UpstreamErrorBody(response) else {
                return .refused(status: response.status, code: "refused", message: "status \(response.status)")
            }
            return .refused(status: response.status, code: error.code, message: error.message)
        default:
            // Redirects, too: following one would carry a token to a place that nobody named.
            return .failed(.unexpectedAnswer(reason: "status \(response.status)"), retryAfter: nil)
        }
    }

    private static func certificates(_ response: HTTPResponse) -> [[UInt8]]? {
        guard response.isMediaType(ESTPath.certificatesType) else { return nil }
        do throws(ESTError) {
            let bytes = try ESTBase64.bytes(of: response.body, lengthMax: CertsOnlyMessage.lengthMax)
            return try CertsOnlyMessage(decoding: bytes).certificates
        } catch {
            // Said by whoever reads nil.
            return nil
        }
    }

    /// {"hub", "environment", "receipt_certificate": PEM}; nil for anything else.
    private static func profile(_ response: HTTPResponse) -> UpstreamProfile? {
        guard
            let value = try? JSONValue.parse(response.body),
            let hubID = value["hub"]?.stringValue.flatMap({ HubID($0) }),
            let environment = value["environment"]?.stringValue,
            let receiptCertificate = value["receipt_certificate"]?.stringValue
        else { return nil }
        return UpstreamProfile(hubID: hubID, environment: environment, receiptCertificate: receiptCertificate)
    }
}
