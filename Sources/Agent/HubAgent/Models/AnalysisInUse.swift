import ESRAnalysis
import HubCore
import Synchronization

/// The analysis as it is at this moment; installing a model exchanges it for all who use it next.
final class AnalysisInUse: Sendable {
    private let settings: ConfigurationInUse
    private let current: Mutex<ESRAnalyzer>

    init(_ analyzer: ESRAnalyzer, settings: ConfigurationInUse) {
        self.settings = settings
        current = Mutex(analyzer)
    }

    var analyzer: ESRAnalyzer { current.withLock { $0 } }
    var intake: RecordIntake { RecordIntake(analyzer: analyzer, configurationHash: settings.hash) }

    func use(_ analyzer: ESRAnalyzer) {
        current.withLock { $0 = analyzer }
    }
}
