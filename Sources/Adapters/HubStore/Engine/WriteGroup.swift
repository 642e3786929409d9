import HubCore

/// The writes that share one commit, and what they came to.
///
/// A write that fails must be undone alone. A savepoint for each would cost a copy of every page that it touches, and
/// failing is rare. So the first that fails undoes all, those that had succeeded are run again, and only from then on
/// savepoints are taken.
struct WriteGroup {
    private var writes: [StoreJob.Write] = []
    private(set) var outcomes: [StoreJob.Outcome] = []
    private var isGuarded = false

    /// Runs a write in the open transaction.
    ///
    /// - Parameter restart: Undoes everything since the last commit, and opens a transaction again.
    /// - Throws: What leaves the transaction in doubt; the whole group is to be given up.
    mutating func run(
        _ write: @escaping StoreJob.Write, in transaction: StoreTransaction,
        restart: () throws(StoreFault) -> Void
    ) throws(StoreFault) {
        writes.append(write)
        guard !isGuarded else { return try runGuarded(write, in: transaction) }
        let outcome = write(transaction)
        outcomes.append(outcome)
        if outcome.fault != nil {
            isGuarded = true
            try restart()
            try runAgain(in: transaction)
        }
    }

    /// Runs all but the last again. They see what they saw before, so what fails now is the machine.
    private mutating func runAgain(in transaction: StoreTransaction) throws(StoreFault) {
        for index in outcomes.indices.dropLast() {
            outcomes[index] = writes[index](transaction)
            if let fault = outcomes[index].fault {
                throw fault.endsWriting ? fault : .unexpected(code: SQLiteConnection.internalErrorCode)
            }
        }
    }

    private mutating func runGuarded(
        _ write: StoreJob.Write, in transaction: StoreTransaction
    ) throws(StoreFault) {
        let connection = transaction.connection
        let (state, carriedState) = (transaction.state, transaction.carriedState)
        let savepoint = Result { () throws(StoreFault) in try connection.run("SAVEPOINT job") }
        // Also without a savepoint: then the group is given up, but its caller must hear of it.
        let outcome = write(transaction)
        outcomes.append(outcome)
        try savepoint.get()
        if outcome.fault != nil {
            (transaction.state, transaction.carriedState) = (state, carriedState)
            if !connection.isOutsideTransaction { try connection.run("ROLLBACK TO job") }
        }
        if !connection.isOutsideTransaction { try connection.run("RELEASE job") }
    }
}
