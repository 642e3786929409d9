package import CBORCoding

extension CBORValue {
    /// A random value of any kind. Map keys are integers, text and bytes, and unique.
    package static func random(depth: Int = 4, using generator: inout SeededGenerator) -> CBORValue {
        switch Int.random(in: 0..<(depth > 0 ? 14 : 10), using: &generator) {
        case 0...2: return .integer(generator.integer())
        case 3: return Bool.random(using: &generator) ? .unsigned(generator.next()) : .negative(generator.next())
        case 4: return .bytes(generator.bytes(count: .random(in: 0..<40, using: &generator)))
        case 5: return .text(randomText(using: &generator))
        case 6: return .bool(.random(using: &generator))
        case 7: return Bool.random(using: &generator) ? .null : .undefined
        case 8: return .simple([0, 19, 32, 255].randomElement(using: &generator) ?? 0)
        case 9: return .float(randomFloat(using: &generator))
        case 10, 11:
            return .array(
                (0..<Int.random(in: 0..<6, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
        case 12: return randomMap(depth: depth, using: &generator)
        default:
            // First come, first served numbers without a meaning that a reader could act on.
            return .tag(.random(in: 60_000...70_000, using: &generator), random(depth: depth - 1, using: &generator))
        }
    }

    private static func randomMap(depth: Int, using generator: inout SeededGenerator) -> CBORValue {
        var keys: Set<CBORValue> = []
        for _ in 0..<Int.random(in: 0..<8, using: &generator) {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: keys.insert(.text(randomText(using: &generator)))
            case 1: keys.insert(.bytes(generator.bytes(count: .random(in: 0..<4, using: &generator))))
            default: keys.insert(.integer(generator.integer()))
            }
        }
        // A set has no order that a seed could repeat.
        let ordered = keys.sorted { $0.encoded().lexicographicallyPrecedes($1.encoded()) }
        return .map(
            ordered.shuffled(using: &generator).map {
                CBORPair(key: $0, value: random(depth: depth - 1, using: &generator))
            })
    }

    private static func randomText(using generator: inout SeededGenerator) -> String {
        let alphabet: [Unicode.Scalar] = ["a", "K", "0", "\"", "\\", "\u{0}", "é", "\u{301}", "水", "😀", "\u{212A}"]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<30, using: &generator) {
            text.append(alphabet.randomElement(using: &generator) ?? "a")
        }
        return String(text)
    }

    private static func randomFloat(using generator: inout SeededGenerator) -> Double {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: generator.next())))
        case 1: Double(Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())))
        case 2: Double(bitPattern: generator.next())
        case 3:
            [0.0, -0.0, .infinity, -.infinity, .nan, 65504, 65505, 0x1p-24, 0x1p-25].randomElement(
                using: &generator) ?? 0
        default: Double(generator.integer())
        }
    }
}
