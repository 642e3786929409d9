import CORProtocol
import FoundationEssentials
import Hummingbird
package import JSONCoding

/// What hubs say of their devices: this is mine, this is mine no longer; and what they ask: which must not be used.
extension Routes {
    static let registrationLengthMax = 32_768

    var deviceChanges: [Endpoint] {
        [
            Endpoint(method: .put, path: "/v1/devices/{serial}/registration", access: .hub) {
                (request, context) throws(APIFailure) in try await register(request, context)
            },
            Endpoint(method: .delete, path: "/v1/devices/{serial}/registration", access: .hub) {
                (_, context) throws(APIFailure) in try await release(context)
            },
            Endpoint(method: .get, path: "/v1/recalls", access: .hub) { (request, _) throws(APIFailure) in
                try await recalls(request)
            },
        ]
    }

    private func register(_ request: Request, _ context: UpstreamRequestContext) async throws(APIFailure) -> Response {
        let (hub, serial) = try Self.subject(of: context)
        let body = try await Self.body(of: request, type: "application/json", lengthMax: Self.registrationLengthMax)
        guard let json = try? JSONValue.parse(body), let chain = Self.chain(json["certificate_chain"]) else {
            throw APIFailure(.badRequest, "malformed-json", "not a registration as openapi.yaml describes it")
        }
        let attestation: [UInt8]?
        switch json["attestation"] {
        case nil, .null?: attestation = nil
        case let text?:
            guard let bytes = text.stringValue.flatMap({ Data(base64Encoded: $0) }) else {
                throw APIFailure(.badRequest, "malformed-json", "attestation is base64, or null")
            }
            attestation = Array(bytes)
        }
        let finding: DeviceEvidenceInspector.Finding
        switch await evidence.inspect(attestation: attestation, chain: chain, of: serial, for: hub, at: clock()) {
        case .sound(let found): finding = found
        case .unsound(let reason): throw APIFailure(.unprocessableContent, "evidence-refused", reason)
        }
        let decision = try await registered { (registry) async throws(SQLiteFailure) in
            try await registry.register(serial, for: hub, evidence: finding)
        }
        switch decision {
        case .registered(let registration): return .json(registration.json)
        case .elsewhere:
            throw APIFailure(.conflict, "registered-elsewhere", "the device is registered for another hub")
        case .recalled(let recall):
            throw APIFailure(.forbidden, "device-\(recall.state)", recall.reason)
        }
    }

    private func release(_ context: UpstreamRequestContext) async throws(APIFailure) -> Response {
        let (hub, serial) = try Self.subject(of: context)
        let wasRegistered = try await registered { (registry) async throws(SQLiteFailure) in
            try await registry.release(serial, by: hub.text, of: hub)
        }
        return .json(["device": .string(serial.text), "was_registered": .bool(wasRegistered)])
    }

    private func recalls(_ request: Request) async throws(APIFailure) -> Response {
        let after = request.uri.queryParameters.get("after").map { UInt64($0) } ?? 0
        guard let after else { throw APIFailure(.badRequest, "bad-query", "after is the number of a list") }
        do throws(LedgerFailure) {
            guard let bytes = try await registry.signedRecalls(newerThan: after) else {
                return Response(status: .noContent)
            }
            return .cose(bytes)
        } catch {
            throw APIFailure(error)
        }
    }

    private func registered<Value>(
        _ body: (DeviceRegistry) async throws(SQLiteFailure) -> Value
    ) async throws(APIFailure) -> Value {
        do throws(SQLiteFailure) { return try await body(registry) } catch { throw .unavailable }
    }

    private static func subject(of context: UpstreamRequestContext) throws(APIFailure) -> (HubID, DeviceSerial) {
        guard case .hub(let hub, _) = context.caller else { throw .forbidden }
        guard let serial = DeviceSerial(context.parameter("serial")) else { throw .notFound }
        return (hub, serial)
    }

    private static func chain(_ value: JSONValue?) -> [[UInt8]]? {
        guard let list = value?.arrayValue, list.count <= CORLimits.certificateCountMax else { return nil }
        var chain: [[UInt8]] = []
        for element in list {
            guard let der = element.stringValue.flatMap({ Data(base64Encoded: $0) }) else { return nil }
            chain.append(Array(der))
        }
        return chain
    }
}

extension DeviceRegistry.Registration {
    package var json: JSONValue {
        [
            "device": .string(serial.text), "hub": .string(hub.text), "trust": .string(trust.rawValue),
            "registered_ms": .integer(registeredMilliseconds),
        ]
    }
}
