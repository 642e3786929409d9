package import CORProtocol
import FoundationEssentials
package import HubCore
import JSONCoding
package import NIOCore
import NIOPosix

/// The upstream's list of devices over HTTPS with client authentication: `/v1/devices/SERIAL/registration` and
/// `/v1/recalls`. firmware-specs/upstream.md.
package struct HTTPSDeviceRegistry: DeviceRegistryPort {
    private let url: UpstreamURL
    private let trust: HTTPTrust
    private let clock: any HubClockReading
    private let limits: HTTPLimits
    private let group: any EventLoopGroup

    package init(
        _ url: UpstreamURL, trust: HTTPTrust, clock: any HubClockReading, limits: HTTPLimits = HTTPLimits(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        var limits = limits
        limits.bodyLengthMax = CORLimits.recallListLengthMax
        self.url = url
        self.trust = trust
        self.clock = clock
        self.limits = limits
        self.group = group
    }

    package func register(_ serial: DeviceSerial, evidence: DeviceEvidence?) async -> RegistryAnswer {
        let chain = evidence?.certificateChain ?? []
        let body: JSONValue = [
            "attestation": evidence.map { .string(Data($0.attestation).base64EncodedString()) } ?? .null,
            "certificate_chain": .array(chain.map { .string(Data($0).base64EncodedString()) }),
        ]
        return await answer(
            to: HTTPRequest(
                .put, path(of: serial),
                fields: [HTTPField("Content-Type", "application/json"), HTTPField("Accept", "application/json")],
                body: Array(body.serialized().utf8), isRepeatable: true))
    }

    package func release(_ serial: DeviceSerial) async -> RegistryAnswer {
        await answer(
            to: HTTPRequest(
                .delete, path(of: serial), fields: [HTTPField("Accept", "application/json")], isRepeatable: true))
    }

    package func recalls(newerThan number: UInt64) async -> Result<[UInt8]?, UpstreamFault> {
        let request = HTTPRequest(
            .get, url.basePath + "/v1/recalls?after=\(number)",
            fields: [HTTPField("Accept", "application/cose, application/json")], isRepeatable: true)
        let response: HTTPResponse
        do throws(HTTPFailure) {
            response = try await send(request)
        } catch {
            return .failure(UpstreamFault(error))
        }
        switch response.status {
        case 200 where response.isMediaType("application/cose"): return .success(response.body)
        case 204: return .success(nil)
        case 408, 425, 429, 500...599: return .failure(.unavailable(status: response.status))
        default: return .failure(.unexpectedAnswer(reason: "status \(response.status)"))
        }
    }

    private func path(of serial: DeviceSerial) -> String { url.basePath + "/v1/devices/\(serial.text)/registration" }

    private func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        // Asked a few times a day: a connection is not kept for it.
        let client = try HTTPClient(.tls(host: url.host, port: url.port, trust), limits: limits, on: group)
        defer { client.close() }
        return try await client.send(request)
    }

    private func answer(to request: HTTPRequest) async -> RegistryAnswer {
        let response: HTTPResponse
        do throws(HTTPFailure) {
            response = try await send(request)
        } catch {
            return .retry(after: nil, cause: UpstreamFault(error))
        }
        switch response.status {
        case 200:
            // What a captive portal says with this status is no yes.
            guard response.isMediaType("application/json"), (try? JSONValue.parse(response.body))?["device"] != nil
            else { return .retry(after: nil, cause: .unexpectedAnswer(reason: "status 200 without a device")) }
            return .agreed
        case 408, 425, 429, 500...599:
            return .retry(
                after: response.retryDelay(wallMilliseconds: clock.now().wallMilliseconds),
                cause: .unavailable(status: response.status))
        case 400...499:
            guard let error = UpstreamErrorBody(response) else { fallthrough }
            if response.status == 409, error.code == "registered-elsewhere" { return .elsewhere }
            return .refused(code: error.code, message: error.message)
        default:
            return .retry(after: nil, cause: .unexpectedAnswer(reason: "status \(response.status)"))
        }
    }
}
