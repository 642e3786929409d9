/// Base64 with padding: RFC 4648 §4, strict when reading.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    private static let invalid: UInt8 = 0xFF

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, digit) in alphabet.enumerated() {
            values[Int(digit)] = UInt8(value)
        }
        return values
    }()

    /// In one line.
    package static func encode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let count = min(3, bytes.endIndex - index)
            let first = bytes[index]
            let second = count > 1 ? bytes[index + 1] : 0
            let third = count > 2 ? bytes[index + 2] : 0
            digits.append(alphabet[Int(first >> 2)])
            digits.append(alphabet[Int((first & 0x03) << 4 | second >> 4)])
            digits.append(count > 1 ? alphabet[Int((second & 0x0F) << 2 | third >> 6)] : padding)
            digits.append(count > 2 ? alphabet[Int(third & 0x3F)] : padding)
            index += count
        }
        return digits
    }

    package static func text(of bytes: [UInt8]) -> String {
        String(decoding: encode(bytes[...]), as: UTF8.self)
    }

    /// Nil unless `digits` is whole groups of four with padding only at the very end and no stray bits below it.
    package static func decode(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 4) else { return nil }
        let paddingCount = digits.suffix(2).reversed().prefix { $0 == padding }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var bits: UInt32 = 0
        var bitCount = 0
        for digit in digits.dropLast(paddingCount) {
            let value = values[Int(digit)]
            guard value != invalid else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        // RFC 4648 §3.5: bits that the padding leaves over are zero.
        guard bits & (1 << UInt32(bitCount) - 1) == 0 else { return nil }
        return bytes
    }
}
