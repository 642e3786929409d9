import Synchronization

/// A bar on standard error that is redrawn in place; silent where that is no terminal.
final class ProgressBar: Sendable {
    private static let width = 32

    private let total: Int
    private let unit: String
    private let isShown: Bool
    private let drawn = Mutex<Int?>(nil)

    init(total: Int, unit: String = "bytes", isShown: Bool = StandardStreams.errorIsTerminal) {
        self.total = max(total, 1)
        self.unit = unit
        self.isShown = isShown
    }

    /// Redraws when the whole percentage has changed.
    func update(_ completed: Int) {
        guard isShown else { return }
        let percent = min(completed, total) * 100 / total
        let changed = drawn.withLock { drawn in
            defer { drawn = percent }
            return drawn != percent
        }
        guard changed else { return }
        let filled = percent * Self.width / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.width - filled)
        StandardStreams.printError("\r[\(bar)] \(percent)% of \(total) \(unit)")
    }

    /// Leaves the bar's line.
    func end() {
        guard isShown, drawn.withLock({ $0 }) != nil else { return }
        StandardStreams.printError("\n")
    }
}
