import CORProtocol
import HubCore
import HubStore

/// Takes a person's readings out of the store in steps, so that devices are served meanwhile. What was begun is finished by
/// whoever comes next: the erasure itself is stored.
struct ReadingErasure: Sendable {
    /// Rows of a kind in one transaction.
    private static let stepCountMax = 256

    let store: HubStore
    let clock: any HubClockReading

    /// What was erased, and what still waits for a receipt.
    func erase(_ subject: SubjectID) async throws(StoreFault) -> ErasureStep {
        try await untilDone { [clock] (transaction) throws(StoreFault) in
            try transaction.erase(subject, time: clock.now(), countMax: Self.stepCountMax)
        }
    }

    /// Goes on with every erasure that is not finished.
    func continueAll() async throws(StoreFault) -> ErasureStep {
        try await untilDone { [clock] (transaction) throws(StoreFault) in
            try transaction.continueErasures(time: clock.now(), countMax: Self.stepCountMax)
        }
    }

    private func untilDone(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> ErasureStep
    ) async throws(StoreFault) -> ErasureStep {
        var total = ErasureStep()
        repeat {
            total.add(try await store.write(body))
        } while total.hasMore
        return total
    }
}
