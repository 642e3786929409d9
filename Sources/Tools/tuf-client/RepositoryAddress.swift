import UpstreamClient

/// `http://host[:port]/path`, the path escaped as it is.
struct RepositoryAddress {
    let host: String
    let port: Int
    let basePath: String

    init(_ text: String?, option: String) throws {
        guard let text else { throw TUFClient.Problem(message: "\(option) is missing") }
        let scheme = "http://"
        guard text.hasPrefix(scheme) else { throw TUFClient.Problem(message: "\(option) does not start with http://") }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, let port = parts.count == 2 ? Int(parts[1]) : 80,
            (1...65_535).contains(port), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw TUFClient.Problem(message: "\(option) is no http URL") }
        host = String(parts[0])
        self.port = port
        basePath = path.isEmpty ? "/" : String(path)
    }

    func repository() throws -> HTTPRepository {
        try HTTPRepository(.plain(host: host, port: port), basePath: basePath)
    }
}
