import ESTProtocol
import Foundation
import JSONCoding

/// The independent HTTPS client: Tests/Conformance/upstream_peer.py.
struct Peer {
    /// A client certificate and its key, as files.
    struct Identity {
        var certificate: String
        var key: String
    }

    struct Answer {
        /// Nil when no answer came: `failure` says why.
        var status: Int64?
        var headers: JSONValue
        var body: [UInt8]
        var failure: String

        var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
        /// The one certificate of a certs-only answer, DER.
        var certificate: [UInt8] {
            get throws {
                let bytes = try ESTBase64.bytes(of: body, lengthMax: CertsOnlyMessage.lengthMax)
                return try CertsOnlyMessage(decoding: bytes).certificates[0]
            }
        }

        var errorCode: String? { json["error"]?["code"]?.stringValue }
    }

    let url: String
    let authority: String
    let folder: URL
    let process: PeerProcess

    func send(
        _ method: String, _ path: String, as identity: Identity? = nil, body: [UInt8]? = nil,
        headers: [String: String] = [:], authority: String? = nil
    ) async throws -> Answer {
        var request: [JSONMember] = [
            .init(name: "method", value: .string(method)), .init(name: "url", value: .string(url + path)),
            .init(name: "ca", value: .string(authority ?? self.authority)),
            .init(
                name: "headers",
                value: .object(headers.map { JSONMember(name: $0.key, value: .string($0.value)) })),
        ]
        if let identity {
            request.append(.init(name: "certificate", value: .string(identity.certificate)))
            request.append(.init(name: "key", value: .string(identity.key)))
        }
        if let body {
            let file = folder.appending(path: "body-\(UUID().uuidString)")
            try Data(body).write(to: file)
            request.append(.init(name: "body", value: .string(file.path(percentEncoded: false))))
        }
        let answer = try JSONValue.parse(try await process.exchange(JSONValue.object(request).serialized()))
        return Answer(
            status: answer["status"]?.integerValue, headers: answer["headers"] ?? .null,
            body: answer["body"]?.stringValue.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? [],
            failure: answer["failure"]?.stringValue ?? "")
    }

    func submit(_ batch: [UInt8], as identity: Identity?) async throws -> Answer {
        try await send("POST", "/v1/batches", as: identity, body: batch, headers: ["content-type": "application/cose"])
    }
}
