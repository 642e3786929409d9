import HubCore
import Testing
import UpstreamClient

@Suite("Upstream URLs")
struct UpstreamURLTests {
    @Test(
        "Host, port and path are told apart",
        arguments: [
            ("https://upstream.example", "upstream.example", 443, ""),
            ("https://upstream.example/", "upstream.example", 443, ""),
            ("https://Upstream.Example:8443", "upstream.example", 8443, ""),
            ("https://localhost:1/hubs/v2/", "localhost", 1, "/hubs/v2"),
            ("https://127.0.0.1:65535", "127.0.0.1", 65535, ""),
            ("https://[::1]:8443/a-b._~", "::1", 8443, "/a-b._~"),
            ("https://[2001:DB8::1]", "2001:db8::1", 443, ""),
        ] as [(String, String, Int, String)])
    func valid(text: String, host: String, port: Int, basePath: String) throws {
        let url = try UpstreamURL(parsing: text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.basePath == basePath)
    }

    @Test(
        "Anything else is refused with its reason",
        arguments: [
            ("", .notHTTPS), ("http://upstream.example", .notHTTPS), ("HTTPS://upstream.example", .notHTTPS),
            ("https:/upstream.example", .notHTTPS), ("ftp://upstream.example", .notHTTPS),
            ("https://", .invalidHost), ("https:///path", .invalidHost), ("https://a..b", .invalidHost),
            ("https://-a.b", .invalidHost), ("https://a_b", .invalidHost), ("https://a b", .invalidHost),
            ("https://üpstream.example", .invalidHost), ("https://[::1", .invalidHost), ("https://[a]", .invalidHost),
            ("https://[::1]8443", .invalidHost), ("https://[::1%eth0]", .invalidHost),
            ("https://upstream.example?q", .invalidHost), ("https://upstream.example#f", .invalidHost),
            ("https://upstream.example\r\nX: y", .invalidHost),
            ("https://user@upstream.example", .invalidHost), ("https://user:word@upstream.example", .invalidPort),
            ("https://upstream.example:", .invalidPort), ("https://upstream.example:0", .invalidPort),
            ("https://upstream.example:65536", .invalidPort), ("https://upstream.example:+443", .invalidPort),
            ("https://upstream.example:443443", .invalidPort), ("https://a::1", .invalidPort),
            ("https://upstream.example/a?b", .invalidPath), ("https://upstream.example/a#b", .invalidPath),
            ("https://upstream.example/a/../b", .invalidPath), ("https://upstream.example/%2e", .invalidPath),
            ("https://upstream.example/a b", .invalidPath), ("https://upstream.example/a\r\nX: y", .invalidPath),
        ] as [(String, UpstreamURLError)])
    func invalid(text: String, error: UpstreamURLError) {
        #expect(throws: error, "\(text)") { _ = try UpstreamURL(parsing: text) }
    }

    @Test("512 bytes are taken, 513 are not")
    func length() throws {
        let base = "https://upstream.example/"
        let longest = base + String(repeating: "a", count: 512 - base.utf8.count)
        #expect(try UpstreamURL(parsing: longest).basePath.utf8.count == 512 - base.utf8.count + 1)
        #expect(throws: UpstreamURLError.tooLong(lengthMax: 512)) { _ = try UpstreamURL(parsing: longest + "a") }
    }
}
