/// Reads an ECDSA signature of P-256 from strict DER (RFC 3279 §2.2.3, X.690 §10).
enum ECDSASignatureDER {
    private static let coordinateLength = 32

    /// The order of P-256's group, big-endian.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

    /// r and s, 32 bytes each, both 1 to n - 1. A high s is as valid as a low one: signers do not choose.
    static func raw(_ der: [UInt8]) throws(ImageRefusal) -> [UInt8] {
        // Two integers of at most 33 bytes: every length fits the short form.
        guard der.count >= 2, der[0] == 0x30, der[1] < 0x80, Int(der[1]) == der.count - 2 else {
            throw .signatureMalformed("it is no DER sequence of its length")
        }
        var rest = der[2...]
        let raw = try integer(&rest) + integer(&rest)
        guard rest.isEmpty else { throw .signatureMalformed("bytes follow r and s") }
        return raw
    }

    private static func integer(_ rest: inout ArraySlice<UInt8>) throws(ImageRefusal) -> [UInt8] {
        let start = rest.startIndex
        guard rest.count >= 2, rest[start] == 0x02 else { throw .signatureMalformed("r or s is no DER integer") }
        let length = Int(rest[start + 1])
        guard (1...coordinateLength + 1).contains(length), rest.count >= 2 + length else {
            throw .signatureMalformed("r or s has a length that none can have")
        }
        let content = rest[(start + 2)..<(start + 2 + length)]
        rest = rest[(start + 2 + length)...]
        guard let first = content.first, first < 0x80 else { throw .signatureMalformed("r or s is negative") }
        var digits = content
        if first == 0, length > 1 {
            digits = content.dropFirst()
            guard let second = digits.first, second >= 0x80 else {
                throw .signatureMalformed("r or s has a leading zero")
            }
        }
        guard digits.count <= coordinateLength else {
            throw .signatureMalformed("r or s is not below the group's order")
        }
        let number = [UInt8](repeating: 0, count: coordinateLength - digits.count) + digits
        guard number.contains(where: { $0 != 0 }) else { throw .signatureMalformed("r or s is 0") }
        guard number.lexicographicallyPrecedes(order) else {
            throw .signatureMalformed("r or s is not below the group's order")
        }
        return number
    }
}
