extension String {
    /// Ids hold letters, digits and hyphens only; anything else cannot name something, and must not bend the path.
    var pathSegment: String {
        String(filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.prefix(128)).ifEmpty("-")
    }

    /// As a value of a query: whatever is no letter, digit or hyphen is percent-encoded (RFC 3986 §2.1).
    var queryValue: String {
        utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-")
            return isPlain ? String(Character(scalar)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private func ifEmpty(_ other: String) -> String { isEmpty ? other : self }
}
