import HubAgent
import UnixSignals

/// Runs a part of an enrolment that Ctrl-C may end at any point; what is durable by then is whole, and its own words say so.
enum EnrolmentRun {
    static func interruptible<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(EnrolmentFault) -> Value
    ) async throws(CommandProblem) -> Value {
        let work = Task { () async -> Result<Value, EnrolmentFault> in
            do throws(EnrolmentFault) { return .success(try await body()) } catch { return .failure(error) }
        }
        let listener = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { work.cancel() }
        }
        defer { listener.cancel() }
        switch await work.value {
        case .success(let value): return value
        case .failure(let fault): throw CommandProblem(fault)
        }
    }
}

extension CommandProblem {
    init(_ fault: EnrolmentFault) {
        let status: ExitStatus =
            switch fault.kind {
            case .usage: .usage
            case .failed: .failed
            case .blocked: .blocked
            case .temporary: .temporary
            case .interrupted: .interrupted
            }
        self.init(status, code: fault.code, fault.message)
    }
}
