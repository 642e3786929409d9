import HubCore
import Testing
import UpstreamClient

@Suite("Where a repository is")
struct RepositoryURLTests {
    @Test("http and https, with and without port and path")
    func sound() throws {
        for (text, isPlain, host, port, path) in [
            ("http://firmware.example/corone/", true, "firmware.example", 80, "/corone"),
            ("https://firmware.example", false, "firmware.example", 443, ""),
            ("http://127.0.0.1:8080/a/b", true, "127.0.0.1", 8080, "/a/b"),
            ("http://[::1]/a", true, "::1", 80, "/a"), ("http://[::1]:443/a", true, "::1", 443, "/a"),
            ("http://x:443", true, "x", 443, ""),
        ] {
            let url = try RepositoryURL(parsing: text)
            #expect(
                url.isPlain == isPlain && url.host == host && url.port == port && url.basePath == path, "\(text)")
        }
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "ftp://x", "http://", "http://x/../y", "http://x/?q", "http://x:0", "http://x:65536", "HTTP://x",
            "http://x/%2e", "http://user@x/",
        ])
    func refused(_ text: String) {
        #expect(throws: UpstreamURLError.self) { try RepositoryURL(parsing: text) }
    }
}
