package import HubCore

extension HubStore {
    /// Checks every row, payload and chain of the store, and SQLite's own structures.
    ///
    /// Writes pass between its steps; only the last step, SQLite's integrity_check, holds them up for as long as reading
    /// the file takes.
    ///
    /// - Parameter progress: Called after each step.
    package func verifyAll(
        progress: (@Sendable (VerifyProgress) -> Void)? = nil
    ) async throws(StoreFault) -> VerifyReport {
        let total = try await read { reader throws(StoreFault) in try reader.rowCount() }
        var verification = StoreVerification()
        while true {
            let present = verification
            let (next, hasMore) = try await read { reader throws(StoreFault) in
                var next = present
                let hasMore = try next.step(reader)
                return (next, hasMore)
            }
            verification = next
            progress?(VerifyProgress(rowsChecked: next.report.rowCount, rowsTotal: total))
            guard hasMore else { return verification.report }
        }
    }
}
