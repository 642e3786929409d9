/// Base64 as EST puts it into bodies (RFC 4648 §4, RFC 8951 §3.1): with or without line breaks, whatever a header says of
/// encodings.
package enum ESTBase64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    private static let values: [UInt8: UInt8] = Dictionary(
        uniqueKeysWithValues: alphabet.enumerated().map { ($0.element, UInt8($0.offset)) })

    /// In one line, because there are clients that read no line breaks.
    package static func text(of bytes: [UInt8]) -> String {
        var letters: [UInt8] = []
        letters.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                letters.append(place <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)] : padding)
            }
        }
        return String(decoding: letters, as: UTF8.self)
    }

    /// - Parameter lengthMax: of the decoded bytes.
    package static func bytes(of text: [UInt8], lengthMax: Int) throws(ESTError) -> [UInt8] {
        // A line break after each 4 letters is more than anybody writes.
        guard text.count <= lengthMax * 2 + 8 else { throw .tooLong(lengthMax: lengthMax) }
        let letters = text.filter { ![0x09, 0x0A, 0x0D, 0x20].contains($0) }
        let filling = letters.reversed().prefix { $0 == padding }.count
        guard !letters.isEmpty, letters.count % 4 == 0, filling <= 2 else { throw .notBase64 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count / 4 * 3)
        var pending: UInt32 = 0
        var bitCount: UInt32 = 0
        for letter in letters.dropLast(filling) {
            guard let value = values[letter] else { throw .notBase64 }
            pending = pending << 6 | UInt32(value)
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> bitCount))
            pending &= 1 << bitCount - 1
        }
        guard bytes.count <= lengthMax else { throw .tooLong(lengthMax: lengthMax) }
        return bytes
    }
}
