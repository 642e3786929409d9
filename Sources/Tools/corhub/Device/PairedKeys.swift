import BluetoothProtocol

/// Bluetooth keys that were just exchanged: they stay only if what follows succeeds, so that a ceremony that is given up, or
/// whose device cannot prove who it is, leaves nothing behind.
struct PairedKeys: Sendable {
    let link: String
    let way: PairingWay

    /// Runs what follows; where it fails, or at Ctrl-C, the keys are forgotten.
    func lasting<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(CommandProblem) -> Value
    ) async throws(CommandProblem) -> Value {
        do {
            return try await Interruptible.run(orSaying: "given up", body)
        } catch {
            var problem = error
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
