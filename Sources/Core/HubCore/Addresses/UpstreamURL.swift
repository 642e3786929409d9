/// Where the upstream is: `https://host[:port][/path]`, and nothing else that a URL may hold.
package struct UpstreamURL: Sendable, Hashable {
    package static let defaultPort = 443
    package static let lengthMax = 512

    /// A DNS name in lower case, an IPv4 address, or an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Put before each route: empty, or "/…" without a slash at its end.
    package let basePath: String

    package init(parsing text: String) throws(UpstreamURLError) {
        guard text.utf8.count <= Self.lengthMax else { throw .tooLong(lengthMax: Self.lengthMax) }
        guard text.hasPrefix("https://") else { throw .notHTTPS }
        let rest = text.dropFirst("https://".count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)

        let (host, portText) = try Self.split(authority: authority)
        let isAddress = host.contains(":")
        guard isAddress ? Self.isIPv6(host) : Self.isName(host) else { throw .invalidHost }
        self.host = host.lowercased()
        self.port = try portText.map { text throws(UpstreamURLError) in try Self.port(text) } ?? Self.defaultPort
        self.basePath = try Self.basePath(path)
    }

    /// "host", "host:port", "[v6]" or "[v6]:port".
    private static func split(
        authority: Substring
    ) throws(UpstreamURLError) -> (host: Substring, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .invalidHost }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else { throw .invalidHost }
            return (host, rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func port(_ text: Substring) throws(UpstreamURLError) -> Int {
        guard
            (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(text), (1...65535).contains(port)
        else { throw .invalidPort }
        return port
    }

    private static func isName(_ host: Substring) -> Bool {
        // RFC 1123 §2.1: letters, digits and inner hyphens, labels of 1 to 63, 253 in all.
        guard (1...253).contains(host.utf8.count) else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isIPv6(_ host: Substring) -> Bool {
        // The resolver judges the rest; here only what could be mistaken for something else is kept out.
        host.utf8.count <= 45
            && host.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
                    || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            }
    }

    /// Unreserved characters of RFC 3986 §2.3 only: no query, no fragment, no escapes, no "..".
    private static func basePath(_ path: Substring) throws(UpstreamURLError) -> String {
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        for segment in segments {
            guard
                segment != ".", segment != "..",
                segment.utf8.allSatisfy({ isLetterOrDigit($0) || "-._~".utf8.contains($0) })
            else { throw .invalidPath }
        }
        return segments.map { "/\($0)" }.joined()
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// Why a text is no upstream URL.
package enum UpstreamURLError: Error, Sendable, Hashable {
    case tooLong(lengthMax: Int)
    case notHTTPS
    case invalidHost
    case invalidPort
    case invalidPath
}

extension UpstreamURLError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong(let lengthMax): "the URL is longer than \(lengthMax) bytes"
        case .notHTTPS: "the URL does not start with https://"
        case .invalidHost: "the URL's host is no DNS name and no address"
        case .invalidPort: "the URL's port is not 1 to 65535"
        case .invalidPath: "the URL's path has characters other than letters, digits, - . _ ~ and /"
        }
    }
}
