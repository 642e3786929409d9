import Crypto

/// SHA-256 over a certificate in DER, as people compare it.
package enum Fingerprint {
    package static func of(_ der: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: der)) }

    /// 32 bytes from 64 hexadecimal digits, with or without colons, in either case; nil for anything else.
    package static func bytes(of text: String) -> [UInt8]? {
        let digits = text.filter { $0 != ":" }.lowercased()
        guard digits.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        var rest = digits[...]
        while let byte = UInt8(rest.prefix(2), radix: 16), rest.prefix(2).allSatisfy(\.isHexDigit) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes.count == 32 ? bytes : nil
    }
}
