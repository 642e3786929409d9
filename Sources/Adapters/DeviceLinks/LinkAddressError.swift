package import CORProtocol

/// Why text, or the address that it spells, leads to no link.
package enum LinkAddressError: Error, Sendable, Hashable {
    case tooLong(max: Int)
    case kindUnknown(String)
    case malformed(String, expected: String)
    case optionMalformed(String, of: String, expected: String)
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
            "\"\(text)\" is no link address; write udp://HOST:PORT, serial:/dev/NAME, tcp:HOST:PORT, usb:SERIAL or ble:ADDRESS"
        case .malformed(let text, let expected):
            "\"\(text)\" is no link address; write \(expected)"
        case .optionMalformed(let option, let text, let expected):
            "\"\(option)\" of \(text) is no option of a serial line; write \(expected)"
        case .kindUnsupported(let kind):
            "this build has no links of kind \(kind.rawValue)"
        case .hostNotNumeric(let host):
            "\"\(host)\" is not an IP address; write its address, or localhost"
        case .notLoopback(let host):
            "\(host) is not on this machine; SMP over a socket is neither encrypted nor authenticated, "
                + "so that must be allowed"
        }
    }
}
