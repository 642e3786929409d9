/// Bytes as two capital digits, which addresses and UUIDs are written in.
enum Hexadecimal {
    private static let digits = Array("0123456789ABCDEF")

    static func text(_ byte: UInt8) -> String {
        String([digits[Int(byte >> 4)], digits[Int(byte & 0xF)]])
    }

    static func value(of digit: UInt8?) -> UInt8? {
        switch digit {
        case .some(let digit) where (0x30...0x39).contains(digit): digit - 0x30
        case .some(let digit) where (0x41...0x46).contains(digit): digit - 0x37
        case .some(let digit) where (0x61...0x66).contains(digit): digit - 0x57
        default: nil
        }
    }
}
