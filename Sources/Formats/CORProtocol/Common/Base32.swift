/// Crockford's base 32 in small letters: no letters that a person confuses. The last letter is filled up with zero bits.
package enum Base32 {
    package static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    package static func value(of letter: UInt8) -> UInt8? {
        alphabet.firstIndex(of: letter).map(UInt8.init)
    }

    package static func text(of bytes: [UInt8]) -> String {
        var letters: [UInt8] = []
        var pending: UInt32 = 0
        var bitCount = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                letters.append(alphabet[Int(pending >> UInt32(bitCount) & 31)])
            }
        }
        if bitCount > 0 { letters.append(alphabet[Int(pending << UInt32(5 - bitCount) & 31)]) }
        return String(decoding: letters, as: UTF8.self)
    }

    /// nil for other letters, and where the last one holds more than zero bits.
    package static func bytes(of text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var bitCount = 0
        for letter in text.utf8 {
            guard let value = value(of: letter) else { return nil }
            pending = pending << 5 | UInt32(value)
            bitCount += 5
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bitCount)))
        }
        guard bitCount < 5, pending & (1 << UInt32(bitCount) - 1) == 0 else { return nil }
        return bytes
    }
}
