import Synchronization

/// A bar on standard error that is redrawn in place; silent where that is no terminal.
final class ProgressBar: Sendable {
    private struct State {
        var drawnPercent: Int?
        /// Where it was when it was first seen, and when that was.
        var first: (completed: Int, at: ContinuousClock.Instant)?
    }

    private let total: Int
    private let unit: String
    private let isShown: Bool
    private let state = Mutex(State())

    init(total: Int, unit: String = "bytes", isShown: Bool = StandardStreams.errorIsTerminal) {
        self.total = total
        self.unit = unit
        self.isShown = isShown
    }

    /// Redraws when the whole percentage has changed.
    func update(_ completed: Int) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let line = state.withLock { state -> ProgressLine? in
            let first = state.first ?? (completed, now)
            state.first = first
            let seconds = (now - first.at) / .seconds(1)
            let rate = seconds > 0 ? Int(Double(completed - first.completed) / seconds) : nil
            let line = ProgressLine(completed, of: total, unit: unit, rate: rate)
            guard line.percent != state.drawnPercent else { return nil }
            state.drawnPercent = line.percent
            return line
        }
        if let line { StandardStreams.redrawError("\(line.bar) \(line.text)") }
    }

    /// Leaves the bar's line.
    func end() {
        guard isShown, state.withLock({ $0.drawnPercent }) != nil else { return }
        StandardStreams.printError("\n")
    }
}
