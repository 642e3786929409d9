import UnixSignals

/// Work that Ctrl-C, or SIGTERM, may end at any point: it is cancelled, and awaited, so that it can put things back.
enum Interruptible {
    /// - Parameter farewell: what the person is told when it was given up: how things are now.
    static func run<Value: Sendable>(
        orSaying farewell: String, _ body: @escaping @Sendable () async throws(CommandProblem) -> Value
    ) async throws(CommandProblem) -> Value {
        let given = CommandProblem(.interrupted, code: "interrupted", farewell)
        let result = await withTaskGroup(of: Result<Value, CommandProblem>?.self) { group in
            group.addTask {
                do throws(CommandProblem) {
                    return .success(try await body())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return .failure(given) }
                return nil  // The body has ended.
            }
            defer { group.cancelAll() }
            while let result = await group.next() {
                if let result { return result }
            }
            return .failure(given)
        }
        return try result.get()
    }
}
