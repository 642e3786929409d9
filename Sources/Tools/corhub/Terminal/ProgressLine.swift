/// How far something long has come, in one line: a bar, how much of how much, how fast, and for how long still.
struct ProgressLine: Sendable, Equatable {
    private static let width = 32

    let completed: Int
    let total: Int
    let unit: String
    /// Units in a second; nil while that is not known.
    let rate: Int?

    init(_ completed: Int, of total: Int, unit: String = "bytes", rate: Int? = nil) {
        self.total = max(total, 1)
        self.completed = min(max(completed, 0), self.total)
        self.unit = unit
        self.rate = rate.flatMap { $0 > 0 ? $0 : nil }
    }

    var percent: Int { completed * 100 / total }

    /// "[########------------------------]"
    var bar: String {
        let filled = percent * Self.width / 100
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: Self.width - filled) + "]"
    }

    /// "25 % of 524288 bytes, 312 kB/s, 2 s left"
    var text: String {
        let part = "\(percent) % of \(total) \(unit)"
        guard let rate else { return part }
        let left = (total - completed + rate - 1) / rate
        return part + ", \(unit == "bytes" ? "\(rate / 1_000) kB" : "\(rate) \(unit)")/s, \(left) s left"
    }
}
