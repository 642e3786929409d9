import HubCore

/// Where a server listens.
package enum HTTPEndpoint: Sendable {
    /// HTTP over TLS. `host` is a name or an address in the form of a URL's host without brackets.
    case tls(host: String, port: Int, HTTPTrust)
    /// Plain HTTP over a unix-domain socket: the kernel says who may connect.
    case unixSocket(path: String)
    /// Plain HTTP over TCP, for files that are signed themselves and tell nothing of anybody.
    case plain(host: String, port: Int)

    /// The Host field (RFC 9110 §7.2).
    var authority: String {
        switch self {
        case .tls(let host, let port, _):
            return Self.authority(host, port, defaultPort: UpstreamURL.defaultPort)
        case .plain(let host, let port):
            return Self.authority(host, port, defaultPort: 80)
        case .unixSocket:
            return "localhost"
        }
    }

    private static func authority(_ host: String, _ port: Int, defaultPort: Int) -> String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == defaultPort ? name : "\(name):\(port)"
    }
}
