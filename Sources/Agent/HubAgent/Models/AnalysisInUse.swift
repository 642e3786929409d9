import CORProtocol
import ESRAnalysis
import HubCore
import Synchronization

/// The analysis as it is at this moment; installing a model exchanges it for all who use it next.
final class AnalysisInUse: Sendable {
    private let configurationHash: SHA256Hash
    private let current: Mutex<(analyzer: ESRAnalyzer, intake: RecordIntake)>

    init(_ analyzer: ESRAnalyzer, configurationHash: SHA256Hash) {
        self.configurationHash = configurationHash
        current = Mutex((analyzer, RecordIntake(analyzer: analyzer, configurationHash: configurationHash)))
    }

    var analyzer: ESRAnalyzer { current.withLock { $0.analyzer } }
    var intake: RecordIntake { current.withLock { $0.intake } }

    func use(_ analyzer: ESRAnalyzer) {
        let intake = RecordIntake(analyzer: analyzer, configurationHash: configurationHash)
        current.withLock { $0 = (analyzer, intake) }
    }
}
