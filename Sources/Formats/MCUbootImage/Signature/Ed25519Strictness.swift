/// What RFC 8032 and good sense demand of an Ed25519 signature before any curve is looked at.
enum Ed25519Strictness {
    private static let signatureLength = 64

    /// The order of the group, L = 2²⁵² + 27742317777372353535851937790883648493, little-endian (RFC 8032 §5.1).
    private static let order: [UInt8] =
        [
            0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
        ] + [UInt8](repeating: 0, count: 15) + [0x10]

    /// The y coordinates of all points of order 1, 2, 4 and 8, little-endian and without the sign bit; 0 and 1 also in their
    /// second form, as p and p + 1.
    private static let smallOrderCoordinates: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]

    /// - Parameter signature: R in 32 bytes, then S in 32 bytes, little-endian.
    static func check(_ signature: [UInt8]) throws(ImageRefusal) {
        guard signature.count == signatureLength else {
            throw .signatureMalformed("it has \(signature.count) bytes, not \(signatureLength)")
        }
        // RFC 8032 §5.1.7: S + L would verify too where this is left out, so that one signature could be made two.
        guard isBelowOrder(signature[32...]) else { throw .signatureMalformed("S is not below the group's order") }
        guard !isOfSmallOrder(Array(signature[..<32])) else { throw .signatureMalformed("R is of small order") }
    }

    static func isOfSmallOrder(_ point: [UInt8]) -> Bool {
        var coordinate = point
        coordinate[coordinate.count - 1] &= 0x7F
        return smallOrderCoordinates.contains(coordinate)
    }

    private static func isBelowOrder(_ number: ArraySlice<UInt8>) -> Bool {
        number.reversed().lexicographicallyPrecedes(order.reversed())
    }
}
