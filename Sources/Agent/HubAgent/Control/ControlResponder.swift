import JSONCoding
import NIOCore
import NIOHTTP1

/// Puts answers on the wire.
struct ControlResponder: Sendable {
    let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

    func write(_ answer: ControlAnswer, keepAlive: Bool) async throws {
        switch answer {
        case .json(let value):
            try await write(Array(value.serialized().utf8), 200, "application/json", keepAlive)
        case .bytes(let bytes, let contentType):
            try await write(bytes, 200, contentType, keepAlive)
        case .failure(let failure):
            try await write(Array(failure.json.serialized().utf8), failure.status, "application/json", keepAlive)
        case .lines(let lines):
            try await write(lines)
        }
    }

    private func write(_ bytes: [UInt8], _ status: Int, _ contentType: String, _ keepAlive: Bool) async throws {
        let headers: HTTPHeaders = [
            "Content-Type": contentType, "Content-Length": "\(bytes.count)",
            "Connection": keepAlive ? "keep-alive" : "close",
        ]
        try await outbound.write(
            contentsOf: [
                .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)),
                .body(.byteBuffer(ByteBuffer(bytes: bytes))), .end(nil),
            ])
    }

    /// Ends early when its task is cancelled.
    func write(_ lines: AsyncStream<JSONValue>) async throws {
        let headers: HTTPHeaders = ["Content-Type": "application/x-ndjson", "Connection": "close"]
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)))
        for await line in lines {
            try await outbound.write(.body(.byteBuffer(ByteBuffer(string: line.serialized() + "\n"))))
        }
        try await outbound.write(.end(nil))
    }
}
