import FoundationEssentials

/// What an Authorization header carries by HTTP Basic (RFC 7617).
struct BasicCredential: Sendable, Hashable {
    private static let scheme = "basic "
    private static let headerLengthMax = 512

    let user: String
    let password: String

    init?(_ header: String?) {
        guard let header, header.utf8.count <= Self.headerLengthMax, header.lowercased().hasPrefix(Self.scheme),
            let data = Data(base64Encoded: String(header.dropFirst(Self.scheme.count))),
            let text = String(validating: data, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        user = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }
}
