import CORProtocol
import HubCore
import Synchronization
import Testing

@testable import HubStore

@Suite("Writes that share a commit")
struct WriteGroupTests {
    private let directory: TemporaryDirectory
    private let opened: OpenedStore
    private let transaction: StoreTransaction

    init() throws {
        directory = try TemporaryDirectory()
        opened = try OpenedStore(
            directory: directory.store, key: Samples.storageKey, options: StoreOptions(), migrations: StoreMigration.all
        )
        transaction = StoreTransaction(connection: opened.connection, state: opened.state, seal: opened.seal)
        try opened.connection.run("BEGIN IMMEDIATE")
    }

    private func restart() throws(StoreFault) {
        try opened.connection.run("ROLLBACK")
        transaction.state = opened.state
        transaction.carriedState = opened.state
        try opened.connection.run("BEGIN IMMEDIATE")
    }

    @Test(
        "Any of them may fail, alone or with others: what the rest did is there once, and each ran at most twice",
        arguments: [[], [0], [3], [0, 1], [2, 4], [0, 1, 2, 3, 4, 5]])
    func failures(failing: [Int]) throws {
        let runCounts = Mutex([Int](repeating: 0, count: 6))
        var group = WriteGroup()
        for index in 0..<6 {
            let record = SealedRecord(
                try Samples.record(UInt64(index + 1)), kind: .selfTest, cartridge: nil, sealing: opened.seal)
            try group.run(
                { transaction in
                    runCounts.withLock { $0[index] += 1 }
                    var fault: StoreFault?
                    do throws(StoreFault) {
                        _ = try transaction.insert(record)
                        if failing.contains(index) { throw .refused(.constraint) }
                    } catch {
                        fault = error
                    }
                    return StoreJob.Outcome(fault: fault) { _ in }
                }, in: transaction
            ) { () throws(StoreFault) in try restart() }
        }
        let kept = (0..<6).filter { !failing.contains($0) }
        let stored = try transaction.records(RecordFilter(order: .oldestFirst)).map { Int($0.sequence) - 1 }
        #expect(stored == kept)
        #expect(group.outcomes.map { $0.fault != nil } == (0..<6).map { failing.contains($0) })
        #expect(
            transaction.state.itemHead == UInt64(kept.count) && transaction.carriedState.itemHead == UInt64(kept.count))
        #expect(runCounts.withLock { $0 }.allSatisfy { (1...2).contains($0) })
        opened.close(keepingLog: true)
    }
}
