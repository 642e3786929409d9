/// Where a repository is: `http://host[:port][/path]` or `https://…`; the rest is as in `UpstreamURL`.
package struct RepositoryURL: Sendable, Hashable {
    package let isPlain: Bool
    package let host: String
    package let port: Int
    /// Empty, or "/…" without a slash at its end.
    package let basePath: String

    /// As it was written.
    package let text: String

    private static let plainScheme = "http://"
    private static let plainPort = 80

    package init(parsing text: String) throws(UpstreamURLError) {
        self.text = text
        isPlain = text.hasPrefix(Self.plainScheme)
        let url = try UpstreamURL(
            parsing: isPlain ? "https://" + text.dropFirst(Self.plainScheme.count) : text)
        host = url.host
        basePath = url.basePath
        let authority = text.dropFirst(isPlain ? Self.plainScheme.count : "https://".count).prefix { $0 != "/" }
        // The colons of an address in brackets name no port.
        let behindAddress = authority.hasPrefix("[") ? authority.drop { $0 != "]" } : authority
        port = isPlain && !behindAddress.contains(":") ? Self.plainPort : url.port
    }
}
