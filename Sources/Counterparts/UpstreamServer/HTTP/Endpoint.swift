import Hummingbird
import NIOCore

/// One method on one path, who may call it, and what answers.
struct Endpoint: Sendable {
    enum Access: String, Sendable {
        /// Anyone.
        case open
        /// A hub that has a token and no certificate yet.
        case token
        case hub
        /// A hub, also by a certificate that expired not too long ago.
        case hubInGrace = "hub-in-grace"
        case `operator`
        /// Operators, and a hub for its own.
        case operatorOrOwnHub = "operator-or-own-hub"
    }

    let method: HTTPRequest.Method
    /// As OpenAPI writes it: `/v1/hubs/{hub}`.
    let path: String
    let access: Access
    let answer: @Sendable (_ request: Request, _ context: UpstreamRequestContext) async throws(APIFailure) -> Response

    /// As the router writes it: `/v1/hubs/:hub`.
    var routerPath: String {
        path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? "/:" + segment.dropFirst().dropLast() : "/" + segment
        }.joined()
    }

    /// Whether certificates are asked for.
    var isCertifying: Bool { method == .post && path.hasPrefix("/.well-known/est/") }

    /// Method, path and access, as openapi.yaml has them.
    var summary: String { "\(method.rawValue.lowercased()) \(path) \(access.rawValue)" }

    func matches(path other: String) -> Bool {
        let segments = path.split(separator: "/")
        let others = other.split(separator: "/")
        return segments.count == others.count
            && zip(segments, others).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

/// A request's own state: the connection it came by and, once known, the caller.
struct UpstreamRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    var caller = Caller.anonymous

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    func parameter(_ name: String) -> String { parameters.get(name) ?? "" }
}
