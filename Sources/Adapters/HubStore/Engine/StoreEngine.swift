import Glibc
import HubCore
import Threads

/// The store's thread: takes requests from the mailbox, shares commits among them, and answers.
///
/// Everything here runs on that one thread after `start`.
final class StoreEngine {
    private let mailbox: StoreMailbox
    private let options: StoreOptions
    private let opened: OpenedStore
    private let reader: StoreReader
    private let transaction: StoreTransaction
    private var group: GroupCommit
    private let openedAt = MonotonicTime.now()
    private var failure: StoreFault?
    /// What opening the store would come to, as of the last commit.
    private var carriedState: StoreState
    private var isSealingUnfinished: Bool
    private var sealedAt = MonotonicTime.now()
    /// When the commit-sequence file was last known to equal the database.
    private var behindSince: MonotonicTime?

    private var connection: SQLiteConnection { opened.connection }

    /// As of the last commit.
    private var state: StoreState { reader.state }

    init(opened: OpenedStore, mailbox: StoreMailbox, options: StoreOptions) {
        self.opened = opened
        self.mailbox = mailbox
        self.options = options
        reader = StoreReader(connection: opened.connection, state: opened.state, seal: opened.seal)
        transaction = StoreTransaction(connection: opened.connection, state: opened.state, seal: opened.seal)
        carriedState = opened.state
        isSealingUnfinished = opened.isSealingUnfinished
        group = GroupCommit(windowMax: options.commitWindowMax, lengthMax: options.commitLengthMax)
    }

    /// Runs until the mailbox is closed and empty, then lets go of the files.
    func run() {
        while true {
            switch mailbox.take(until: idleEnd) {
            case .job(let job): perform(job)
            case .timedOut:
                if behindSince != nil { writeCommitSequence() }
                sealMore()
            case .closed:
                return shutDown()
            }
            // Where nothing is ever idle, it goes on all the same, if slowly.
            if isSealingUnfinished, MonotonicTime.now() - sealedAt >= options.sealingDelayMax { sealMore() }
            if let since = behindSince, MonotonicTime.now() - since >= options.commitSequenceDelay {
                writeCommitSequence()
            }
        }
    }

    /// Until when to wait for a request before there is something else to do; nil where there is nothing.
    private var idleEnd: MonotonicTime? {
        guard behindSince != nil || isSealingUnfinished else { return nil }
        return MonotonicTime.now() + options.commitSequenceIdleDelay
    }

    /// Seals a few rows that an older program left unsealed.
    private func sealMore() {
        guard isSealingUnfinished, failure == nil else { return }
        sealedAt = .now()
        do throws(StoreFault) {
            guard try ContentSealing(connection: connection, seal: opened.seal).step() else { return }
            isSealingUnfinished = false
            reader.seal.takesPlain = false
            transaction.seal.takesPlain = false
        } catch {
            failure = error
        }
    }

    private func perform(_ job: StoreJob) {
        switch job.work {
        case .read(let read): perform(read)
        case .write: performGroup(startingWith: job)
        }
    }

    private func perform(_ read: @Sendable (StoreReader) -> Void) {
        reader.statistics.elapsed = MonotonicTime.now() - openedAt
        reader.statistics.writtenLength = connection.meter.writtenLength + opened.commitSequenceFile.writtenLength
        reader.statistics.syncCount = connection.meter.syncCount
        reader.statistics.storedLength = connection.storedLength
        read(reader)
    }

    // MARK: - Commits

    private func performGroup(startingWith first: StoreJob) {
        if let failure { return first.refuse(failure) }
        let start = MonotonicTime.now()
        let changesBefore = connection.totalChangeCount
        do {
            try connection.run("BEGIN IMMEDIATE")
        } catch {
            failure = error
            return first.refuse(error)
        }
        var writes = WriteGroup()
        var reads: [@Sendable (StoreReader) -> Void] = []
        group.began()
        var next: StoreJob? = first
        while let job = next {
            switch job.work {
            case .read(let read): reads.append(read)
            case .write(let write): apply(write, in: &writes)
            }
            if failure ?? connection.failure != nil || reads.count >= Self.heldReadCountMax { break }
            next = nextOfGroup(startedAt: start)
        }
        let fault = commit(hasChanges: connection.totalChangeCount != changesBefore, writeCount: writes.outcomes.count)
        for outcome in writes.outcomes { outcome.settle(fault) }
        // A read sees only what is durable, so those that came meanwhile had to wait for the commit.
        for read in reads { perform(read) }
        if failure == nil, transaction.emptiesLog || connection.pagesInLog >= options.checkpointPageCount {
            checkpoint(truncating: transaction.emptiesLog)
        }
    }

    private static let heldReadCountMax = 64

    private func nextOfGroup(startedAt start: MonotonicTime) -> StoreJob? {
        let now = MonotonicTime.now()
        guard case .collect(let wait) = group.decision(elapsed: now - start) else { return nil }
        if wait == .zero { return mailbox.takeWaiting() }
        guard case .job(let job) = mailbox.take(until: now + wait) else { return nil }
        return job
    }

    private func apply(_ write: @escaping StoreJob.Write, in writes: inout WriteGroup) {
        connection.boundLength = 0
        do throws(StoreFault) {
            try writes.run(write, in: transaction) { () throws(StoreFault) in try restart() }
        } catch {
            failure = failure ?? error
        }
        group.wrote(length: connection.boundLength)
    }

    /// Undoes everything since the last commit, and begins anew.
    private func restart() throws(StoreFault) {
        if !connection.isOutsideTransaction { try connection.run("ROLLBACK") }
        transaction.state = state
        transaction.carriedState = carriedState
        try connection.run("BEGIN IMMEDIATE")
    }

    /// - Returns: What every writer of the group is told; nil when their writes are durable.
    private func commit(hasChanges: Bool, writeCount: Int) -> StoreFault? {
        if let fault = failure ?? connection.failure { return abandon(fault) }
        do throws(StoreFault) {
            guard hasChanges else {
                try connection.run("ROLLBACK")
                return nil
            }
            let start = MonotonicTime.now()
            try commitTransaction()
            try opened.commitSequenceFile.note(state.commitSequence)
            group.committed(after: MonotonicTime.now() - start)
        } catch {
            return abandon(error)
        }
        reader.statistics.commitCount += 1
        reader.statistics.writeCount += UInt64(writeCount)
        reader.statistics.writesPerCommitMax = max(reader.statistics.writesPerCommitMax, UInt64(writeCount))
        behindSince = behindSince ?? .now()
        return nil
    }

    /// Ends the open transaction under the next commit number.
    ///
    /// The state's row is written where the items of this commit do not say all of it, and after so many items that
    /// opening the store takes no longer.
    private func commitTransaction() throws(StoreFault) {
        if transaction.tailItemCount >= Self.tailItemCountMax { try transaction.indexRecordIDs() }
        transaction.state.commitSequence += 1
        if transaction.state != transaction.carriedState { try transaction.writeState() }
        try connection.run("COMMIT")
        reader.state = transaction.state
        carriedState = transaction.carriedState
    }

    private static let tailItemCountMax: UInt64 = 512

    /// Gives the group up, and writing with it: after a failed fsync the page cache no longer tells what is on the disk.
    private func abandon(_ fault: StoreFault) -> StoreFault {
        failure = fault
        transaction.state = state
        transaction.carriedState = carriedState
        if !connection.isOutsideTransaction {
            // Where even this fails, the first fault is the one to tell.
            do throws(StoreFault) { try connection.run("ROLLBACK") } catch { failure = fault }
        }
        return fault
    }

    // MARK: - Checkpoints

    private func checkpoint(truncating: Bool) {
        transaction.emptiesLog = false
        do throws(StoreFault) {
            try connection.checkpoint(truncating: truncating)
            reader.state.checkpointItem = state.itemHead
            transaction.state.checkpointItem = state.itemHead
            reader.statistics.checkpointCount += 1
        } catch {
            failure = error
        }
    }

    private func writeCommitSequence() {
        behindSince = nil
        guard failure == nil else { return }
        do throws(StoreFault) {
            try opened.commitSequenceFile.write(state.commitSequence)
            reader.statistics.commitSequenceWritten = state.commitSequence
        } catch {
            failure = error
        }
    }

    private func shutDown() {
        let hasCommits = state.commitSequence != opened.state.commitSequence
        if failure == nil, hasCommits || state.checkpointItem != state.itemHead { moveCheckpointToHead() }
        if behindSince != nil { writeCommitSequence() }
        opened.close(keepingLog: failure != nil)
        mailbox.finish()
    }

    /// After a clean end nothing is left for the next start to check.
    private func moveCheckpointToHead() {
        do throws(StoreFault) {
            try connection.run("BEGIN IMMEDIATE")
            transaction.state.checkpointItem = state.itemHead
            try commitTransaction()
            behindSince = behindSince ?? .now()
            try connection.checkpoint(truncating: true)
        } catch {
            failure = error
        }
    }
}

// MARK: - The thread

extension StoreEngine {
    /// Bytes.
    private static let stackLength = 1 << 20

    /// Hands the engine to a thread of its own.
    static func start(_ engine: StoreEngine) throws(StoreFault) {
        // It leaves the caller for good, and is the thread's alone from here on.
        nonisolated(unsafe) let engine = engine
        let code = DetachedThread.start("corhub-store", stackLength: stackLength) { engine.run() }
        guard code == 0 else { throw .unexpected(code: code) }
    }
}
