/// Where a server listens.
package enum HTTPEndpoint: Sendable {
    /// HTTP over TLS. `host` is a name or an address in the form of a URL's host without brackets.
    case tls(host: String, port: Int, HTTPTrust)
    /// Plain HTTP over a unix-domain socket: the kernel says who may connect.
    case unixSocket(path: String)

    /// The Host field (RFC 9110 §7.2).
    var authority: String {
        switch self {
        case .tls(let host, let port, _):
            let name = host.contains(":") ? "[\(host)]" : host
            return port == UpstreamURL.defaultPort ? name : "\(name):\(port)"
        case .unixSocket:
            return "localhost"
        }
    }
}
