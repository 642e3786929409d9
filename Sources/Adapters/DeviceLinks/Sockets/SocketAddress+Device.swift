import NIOCore

extension SocketAddress {
    /// The address of a device's socket: numeric, or "localhost", and on this machine unless allowed otherwise.
    init(device host: String, port: Int, allowsRemote: Bool) throws(LinkAddressError) {
        let numericHost = host == "localhost" ? "127.0.0.1" : host
        do {
            self = try SocketAddress(ipAddress: numericHost, port: port)
        } catch {
            throw .hostNotNumeric(host)
        }
        guard allowsRemote || isLoopback else { throw .notLoopback(host) }
    }

    private var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") ?? false  // RFC 1122 §3.2.1.3
        case .v6: ipAddress == "::1"  // RFC 4291 §2.5.3
        case .unixDomainSocket: false
        }
    }
}
