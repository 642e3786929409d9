import TextEncodings

extension String {
    /// Ids hold letters, digits and hyphens only; anything else cannot name something, and must not bend the path.
    var pathSegment: String {
        String(filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.prefix(128)).ifEmpty("-")
    }

    /// As a value of a query.
    var queryValue: String { PercentEncoding.encode(self) }

    private func ifEmpty(_ other: String) -> String { isEmpty ? other : self }
}
