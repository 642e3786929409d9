package import CORProtocol

/// Why text, or the address that it spells, leads to no link.
package enum LinkAddressError: Error, Sendable, Hashable {
    case tooLong(max: Int)
    case kindUnknown(String)
    case malformed(String, expected: String)
    /// This program has no link of that kind.
    case kindUnsupported(LinkKind)
    /// The host is neither an IP address nor "localhost".
    case hostNotNumeric(String)
    /// The address leaves this machine, and nobody allowed that.
    case notLoopback(String)
}

extension LinkAddressError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong(let max):
            "the link address is longer than \(max) bytes"
        case .kindUnknown(let text):
            "\"\(text)\" is no link address; write udp://HOST:PORT"
        case .malformed(let text, let expected):
            "\"\(text)\" is no link address; write \(expected)"
        case .kindUnsupported(let kind):
            "links of kind \(kind.rawValue) are not supported by this build; use udp://HOST:PORT"
        case .hostNotNumeric(let host):
            "\"\(host)\" is not an IP address; write its address, or localhost"
        case .notLoopback(let host):
            "\(host) is not on this machine; SMP over UDP is neither encrypted nor authenticated, so that must be allowed"
        }
    }
}
