import BluetoothProtocol
import UnixSignals

/// Bluetooth keys that were just exchanged: they stay only if what follows succeeds, so that a ceremony that is given up, or
/// whose device cannot prove who it is, leaves nothing behind.
struct PairedKeys: Sendable {
    let link: String
    let way: PairingWay

    /// Runs what follows; where it fails, or at Ctrl-C, the keys are forgotten.
    func lasting<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(CommandProblem) -> Value
    ) async throws(CommandProblem) -> Value {
        let result = await withTaskGroup(of: Result<Value, CommandProblem>?.self) { group in
            group.addTask {
                do throws(CommandProblem) {
                    return .success(try await body())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                    return .failure(CommandProblem(.interrupted, code: "interrupted", "given up"))
                }
                return nil  // The body has ended.
            }
            defer { group.cancelAll() }
            while let result = await group.next() {
                if let result { return result }
            }
            return .failure(CommandProblem(.interrupted, code: "interrupted", "given up"))
        }
        switch result {
        case .success(let value):
            return value
        case .failure(var problem):
            if await forget() { problem.message += "; its Bluetooth keys were forgotten" }
            throw problem
        }
    }

    private func forget() async -> Bool {
        do {
            return try await way.forget(try BluetoothAddress(link: link))
        } catch {
            return false
        }
    }
}
