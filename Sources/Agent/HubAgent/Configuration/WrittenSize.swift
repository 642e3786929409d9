/// Sizes as the configuration writes them: "64kB", "20MB", "1GB" are powers of ten, "64MiB" powers of two.
enum WrittenSize {
    /// The largest that divides a size without a rest names it.
    private static let units: [(suffix: String, bytes: Int)] = [
        ("GB", 1_000_000_000), ("GiB", 1 << 30), ("MB", 1_000_000), ("MiB", 1 << 20), ("kB", 1_000), ("KiB", 1 << 10),
    ]

    /// Nil for anything else.
    static func bytes(_ text: String) -> Int? {
        for unit in units where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits)
            else { continue }
            let (product, overflows) = count.multipliedReportingOverflow(by: unit.bytes)
            return overflows ? nil : product
        }
        return nil
    }

    /// The text that `bytes` reads as this size. What no unit divides is written in bytes, which no key takes.
    static func text(_ bytes: Int) -> String {
        guard bytes != 0 else { return "0kB" }
        guard let unit = units.first(where: { bytes.isMultiple(of: $0.bytes) }) else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
