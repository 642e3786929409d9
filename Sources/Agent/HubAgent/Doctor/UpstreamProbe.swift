import Glibc
import HubCore
import KeyStore
import NIOPosix
import UpstreamClient

/// Asks the upstream for the profile of this hub, as any hub may, and sees who answers.
struct UpstreamProbe: Sendable {
    private let url: UpstreamURL
    private let trust: HTTPTrust

    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.connectTimeout = .seconds(5)
        limits.handshakeTimeout = .seconds(5)
        limits.responseTimeout = .seconds(10)
        return limits
    }()

    init(url: UpstreamURL, identity: HubIdentity, region: String?) {
        self.url = url
        trust = HTTPTrust(
            anchors: identity.upstreamCA,
            credential: HTTPTrust.Credential(key: identity.tls.key, chain: identity.tls.chain), region: region)
    }

    /// What the name leads to; nil where there is no name.
    func addresses() async -> [String]? {
        let host = url.host
        var four = in_addr()
        var six = in6_addr()
        guard inet_pton(AF_INET, host, &four) != 1, inet_pton(AF_INET6, host, &six) != 1 else { return nil }
        // getaddrinfo blocks for as long as a DNS server is silent.
        return try? await NIOThreadPool.singleton.runIfActive { Self.resolve(host) }
    }

    func run() async -> DoctorFacts.Probe {
        switch await answer(.tls(host: url.host, port: url.port, trust), "\(url.basePath)/v1/profile") {
        case .success(let response): return response.status == 200 ? .answered : .refused(status: response.status)
        case .failure(let failure):
            let fault = UpstreamFault(failure)
            guard case .tls(.handshakeFailed) = fault else { return .failed(fault) }
            // Without TLS at the other end: does it speak HTTP? Nothing of the hub is told, only "/" is asked for.
            if case .success = await answer(.plain(host: url.host, port: url.port), "/") { return .plainHTTP }
            return .failed(fault)
        }
    }

    private func answer(_ endpoint: HTTPEndpoint, _ target: String) async -> Result<HTTPResponse, HTTPFailure> {
        do throws(HTTPFailure) {
            let client = try HTTPClient(endpoint, limits: Self.limits)
            defer { client.close() }
            return .success(try await client.send(HTTPRequest(.get, target)))
        } catch {
            return .failure(error)
        }
    }

    private static let addressCountMax = 16

    private static func resolve(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next, addresses.count < addressCountMax {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
                == 0
            {
                addresses.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
