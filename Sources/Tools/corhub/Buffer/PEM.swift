import TextEncodings

/// Certificates as text (RFC 7468).
enum PEM {
    static func certificate(hexadecimal: String) -> String {
        var bytes: [UInt8] = []
        var digits = hexadecimal[...]
        while digits.count >= 2 {
            bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
            digits = digits.dropFirst(2)
        }
        var lines = ["-----BEGIN CERTIFICATE-----"]
        var text = Base64.text(of: bytes)[...]
        while !text.isEmpty {
            lines.append(String(text.prefix(64)))
            text = text.dropFirst(64)
        }
        return (lines + ["-----END CERTIFICATE-----", ""]).joined(separator: "\n")
    }
}
