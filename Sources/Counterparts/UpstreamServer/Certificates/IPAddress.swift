import NIOCore

/// The bytes of a literal IPv4 or IPv6 address, as a certificate names them (RFC 5280 §4.2.1.6).
struct IPAddress {
    let bytes: [UInt8]

    init?(_ text: String) {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        switch address {
        case .v4(let address): bytes = withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address): bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
        case .unixDomainSocket: return nil
        }
    }
}
