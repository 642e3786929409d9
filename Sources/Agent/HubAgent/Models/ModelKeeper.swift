import CBORCoding
import CORProtocol
import ESRAnalysis
import HubCore
import HubStore

/// Installs models and goes back to earlier ones: what is decided is durable, with its audit entry, before it is used.
actor ModelKeeper {
    enum Failure: Error {
        case refused(ModelRefusal)
        /// Another installation is under way.
        case busy
        case storage(StoreFault)
    }

    private let store: HubStore
    private let analysis: AnalysisInUse
    private let clock: any HubClockReading
    private(set) var shelf: ModelShelf
    private var isBusy = false

    init(_ shelf: ModelShelf, store: HubStore, analysis: AnalysisInUse, clock: any HubClockReading) {
        self.shelf = shelf
        self.store = store
        self.analysis = analysis
        self.clock = clock
    }

    func install(_ message: [UInt8]) async throws(Failure) {
        try await change("installed") { (shelf, current) throws(ModelRefusal) in
            try shelf.install(message, over: current)
        }
    }

    func rollBack() async throws(Failure) {
        try await change("rolled back to") { (shelf, _) throws(ModelRefusal) in try shelf.rollBack() }
    }

    private func change(
        _ what: String, _ body: (inout ModelShelf, ESRAnalyzer) throws(ModelRefusal) -> ESRAnalyzer
    ) async throws(Failure) {
        guard !isBusy else { throw .busy }
        isBusy = true
        defer { isBusy = false }
        var changed = shelf
        let analyzer: ESRAnalyzer
        do throws(ModelRefusal) {
            analyzer = try body(&changed, analysis.analyzer)
        } catch {
            try await note(.refused, error.code)
            throw .refused(error)
        }
        let detail = "\(what) \(analyzer.provenance.modelVersion)"
        try await write { [clock, content = changed.content] (transaction) throws(StoreFault) in
            try transaction.set(Setting.modelShelf, content.encoded())
            try transaction.append(
                AuditDraft(
                    .analysis, actor: .agent, subject: "model", outcome: .done, time: clock.now(), detail: detail))
        }
        shelf = changed
        analysis.use(analyzer)
    }

    private func note(_ outcome: AuditOutcome, _ detail: String) async throws(Failure) {
        try await write { [clock] (transaction) throws(StoreFault) in
            try transaction.append(
                AuditDraft(
                    .analysis, actor: .agent, subject: "model", outcome: outcome, time: clock.now(), detail: detail))
        }
    }

    private func write(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Void
    ) async throws(Failure) {
        do throws(StoreFault) {
            try await store.write(body)
        } catch {
            throw .storage(error)
        }
    }
}
