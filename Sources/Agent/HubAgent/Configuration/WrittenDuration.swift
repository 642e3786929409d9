extension Duration {
    private static let writtenUnits: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1_000),
    ]

    /// "500ms", "30s", "5m", "1h", "30d". Nil for anything else.
    package init?(written text: String) {
        for unit in Self.writtenUnits where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(digits),
                !count.multipliedReportingOverflow(by: unit.milliseconds).overflow
            else { continue }
            self = .milliseconds(count * unit.milliseconds)
            return
        }
        return nil
    }

    /// The shortest text that reads as this duration, to the millisecond.
    package var written: String {
        let milliseconds = components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0s" }
        let unit = Self.writtenUnits.filter { milliseconds.isMultiple(of: $0.milliseconds) }
            .max { $0.milliseconds < $1.milliseconds }
        guard let unit else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
