import JSONCoding
import Synchronization

/// Shows the progress lines of a stream; the total is known with the first of them.
final class ProgressBarBox: Sendable {
    private let bar = Mutex<ProgressBar?>(nil)

    func update(_ line: JSONValue) {
        guard let checked = line["checked"]?.integerValue, let total = line["total"]?.integerValue else { return }
        let current = bar.withLock { bar in
            let current = bar ?? ProgressBar(total: Int(total), unit: "rows")
            bar = current
            return current
        }
        current.update(Int(checked))
    }

    func end() {
        bar.withLock { $0 }?.end()
    }
}
