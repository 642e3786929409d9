import JSONCoding
import Synchronization

/// Holds the last line of a stream for the command that reads it.
final class ReportBox: Sendable {
    private let kept = Mutex<JSONValue?>(nil)

    var value: JSONValue? { kept.withLock { $0 } }

    func keep(_ value: JSONValue) {
        kept.withLock { $0 = value }
    }
}
