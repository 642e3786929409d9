package import CORProtocol

/// Where a device is, as people write it: `udp://127.0.0.1:1337`, `serial:/dev/ttyACM0`, `tcp:127.0.0.1:4321`,
/// `usb:SERIAL`, `ble:ADDRESS`.
package enum LinkAddress: Sendable, Hashable {
    case udp(host: String, port: Int)
    /// The path of a tty or pty.
    case serial(path: String, SerialOptions = SerialOptions())
    /// A serial line behind a TCP socket, as emulators and terminal servers offer it.
    case tcp(host: String, port: Int, SerialOptions = SerialOptions())
    /// The device's serial number.
    case usb(serial: String)
    /// The device's identity address.
    case ble(address: String)

    /// The port that SMP over UDP has by default.
    package static let udpPortDefault = 1337
    /// Bytes of an address as text.
    package static let textLengthMax = 256

    package var kind: LinkKind {
        switch self {
        case .udp: .udp
        case .serial, .tcp: .serial
        case .usb: .usb
        case .ble: .ble
        }
    }

    package init(_ text: String) throws(LinkAddressError) {
        guard text.utf8.count <= Self.textLengthMax else { throw .tooLong(max: Self.textLengthMax) }
        if let rest = Self.rest(of: text, after: "udp://") {
            self = try Self.udp(rest, text: text)
        } else if let rest = Self.rest(of: text, after: "serial:") {
            let (path, options) = try Self.serialOptions(rest, text: text)
            guard path.hasPrefix("/"), !path.utf8.contains(0) else {
                throw .malformed(text, expected: "serial:/dev/NAME")
            }
            self = .serial(path: path, options)
        } else if let rest = Self.rest(of: text, after: "tcp:") {
            // "//" is accepted, since people write it; QEMU does not.
            let (place, options) = try Self.serialOptions(Self.rest(of: rest, after: "//") ?? rest, text: text)
            let (host, port) = try Self.hostAndPort(place, .malformed(text, expected: "tcp:HOST:PORT"))
            guard let port else { throw .malformed(text, expected: "tcp:HOST:PORT") }
            self = .tcp(host: host, port: port, options)
        } else if let rest = Self.rest(of: text, after: "usb:") {
            guard !rest.isEmpty else { throw .malformed(text, expected: "usb:SERIAL") }
            self = .usb(serial: rest)
        } else if let rest = Self.rest(of: text, after: "ble:") {
            guard !rest.isEmpty else { throw .malformed(text, expected: "ble:ADDRESS") }
            self = .ble(address: rest)
        } else {
            throw .kindUnknown(text)
        }
    }

    private static func udp(_ rest: String, text: String) throws(LinkAddressError) -> LinkAddress {
        let (host, port) = try hostAndPort(rest, .malformed(text, expected: "udp://HOST:PORT"))
        return .udp(host: host, port: port ?? udpPortDefault)
    }

    /// The port is nil where none is written.
    private static func hostAndPort(
        _ rest: String, _ malformed: LinkAddressError
    ) throws(LinkAddressError) -> (host: String, port: Int?) {
        let host: Substring
        let portText: Substring?
        if rest.hasPrefix("[") {
            // RFC 3986 §3.2.2: an IPv6 address stands in brackets, since it has colons of its own.
            guard let end = rest.firstIndex(of: "]") else { throw malformed }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw malformed }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { throw malformed }
            host = parts[0]
            portText = parts.count == 2 ? parts[1] : nil
        }
        guard !host.isEmpty else { throw malformed }
        guard let portText else { return (String(host), nil) }
        guard portText.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(portText), (1...65_535).contains(port)
        else { throw malformed }
        return (String(host), port)
    }

    /// Parts the options from what stands before them.
    private static func serialOptions(
        _ rest: String, text: String
    ) throws(LinkAddressError) -> (rest: String, SerialOptions) {
        guard let mark = rest.firstIndex(of: "?") else { return (rest, SerialOptions()) }
        return (String(rest[..<mark]), try SerialOptions(parsing: rest[rest.index(after: mark)...], of: text))
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }
}

extension LinkAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .udp(let host, let port): "udp://\(Self.bracketed(host)):\(port)"
        case .serial(let path, let options): "serial:\(path)\(options)"
        case .tcp(let host, let port, let options): "tcp:\(Self.bracketed(host)):\(port)\(options)"
        case .usb(let serial): "usb:\(serial)"
        case .ble(let address): "ble:\(address)"
        }
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }
}
