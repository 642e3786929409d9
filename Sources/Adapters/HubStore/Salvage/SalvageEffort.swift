import HubCore
import Threads

/// What looking for rows around places that cannot be read may cost, for all tables together, and who is told how it goes.
///
/// Each place is looked at by halves, the large before the small: what is found first is most, and where the effort ends a start
/// is not held up by what is least likely to be there.
final class SalvageEffort {
    private let probeCountMax: Int
    private let probeTimeMax: Duration
    private let tell: (SalvageProgress) -> Void
    private let begin = MonotonicTime.now()
    private var toldAt = MonotonicTime.now()
    private var probeTime = Duration.zero
    private var progress = SalvageProgress()

    /// Whoever waits for the start is told at least so often while something goes on.
    private static let tellingPeriod = Duration.seconds(1)

    init(_ options: StoreOptions, tell: @escaping (SalvageProgress) -> Void) {
        probeCountMax = options.salvageProbeCountMax
        probeTimeMax = options.salvageProbeTimeMax
        self.tell = tell
    }

    var isSpent: Bool { progress.probeCount >= probeCountMax || probeTime >= probeTimeMax }

    func probe<Value>(_ body: () -> Value) -> Value {
        let start = MonotonicTime.now()
        defer {
            progress.probeCount += 1
            probeTime += MonotonicTime.now() - start
            note(rowCount: 0)
        }
        return body()
    }

    func note(rowCount: Int) {
        progress.rowCount += rowCount
        let now = MonotonicTime.now()
        guard now - toldAt >= Self.tellingPeriod else { return }
        toldAt = now
        progress.elapsed = now - begin
        tell(progress)
    }
}
