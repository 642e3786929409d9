import CORProtocol
import HubCore
import Testing

@testable import HubStore

@Suite("Group commit")
struct GroupCommitTests {
    @Test("A lone write is committed without waiting")
    func idle() {
        var group = GroupCommit(windowMax: .milliseconds(50), lengthMax: 100)
        group.began()
        group.wrote(length: 10)
        #expect(group.decision(elapsed: .zero) == .collect(for: .zero))
        group.committed(after: .milliseconds(4))
        group.began()
        group.wrote(length: 10)
        #expect(group.decision(elapsed: .zero) == .collect(for: .zero))
    }

    @Test("Where the last commit was shared, its writers are given half a commit's time to come back")
    func lingering() {
        var group = GroupCommit(windowMax: .milliseconds(50), lengthMax: 100)
        group.began()
        for _ in 1...3 { group.wrote(length: 10) }
        group.committed(after: .milliseconds(4))
        group.began()
        group.wrote(length: 10)
        #expect(group.decision(elapsed: .milliseconds(1)) == .collect(for: .milliseconds(1)))
        #expect(group.decision(elapsed: .milliseconds(3)) == .collect(for: .zero))
        group.wrote(length: 10)
        group.wrote(length: 10)
        #expect(group.decision(elapsed: .zero) == .collect(for: .zero))
    }

    @Test("A commit is made at its length, not a byte before, and at the end of the window")
    func limits() {
        var group = GroupCommit(windowMax: .milliseconds(50), lengthMax: 100)
        group.began()
        group.wrote(length: 99)
        #expect(group.decision(elapsed: .milliseconds(49)) == .collect(for: .zero))
        #expect(group.decision(elapsed: .milliseconds(50)) == .commit)
        group.wrote(length: 1)
        #expect(group.decision(elapsed: .zero) == .commit)
    }

    @Test("However slow the disk, nobody waits longer than the window")
    func slowDisk() {
        var group = GroupCommit(windowMax: .milliseconds(50), lengthMax: 100)
        group.began()
        group.wrote(length: 1)
        group.wrote(length: 1)
        group.committed(after: .seconds(10))
        group.began()
        group.wrote(length: 1)
        #expect(group.decision(elapsed: .zero) == .collect(for: .milliseconds(50)))
    }

    @Test("Writes that come together share commits, and every one of them is stored")
    func sharing() async throws {
        let directory = try TemporaryDirectory()
        let store = try HubStore.open(directory: directory.store)
        let records = try (1...200).map { try Samples.record(UInt64($0)) }
        try await withThrowingTaskGroup { group in
            for record in records {
                group.addTask { try await store.insert(record) }
            }
            try await group.waitForAll()
        }
        let (statistics, status) = try await store.read { store throws(StoreFault) in
            (store.statistics, try store.bufferStatus())
        }
        #expect(statistics.writeCount == 200 && status.pendingRecords.count == 200)
        #expect(statistics.commitCount < 100 && statistics.writesPerCommitMax > 1)
        #expect(status.commitSequence == statistics.commitCount)
    }

    @Test("Writes one after another take a commit each, and one that changes nothing takes none")
    func oneByOne() async throws {
        let directory = try TemporaryDirectory()
        let store = try HubStore.open(directory: directory.store)
        for sequence in 1...5 { try await store.insert(try Samples.record(UInt64(sequence))) }
        try await store.insert(try Samples.record(1))
        let statistics = try await store.read { store throws(StoreFault) in store.statistics }
        #expect(statistics.commitCount == 5)
    }

    @Test("A body that throws undoes its own changes and no other's")
    func savepoints() async throws {
        let directory = try TemporaryDirectory()
        let store = try HubStore.open(directory: directory.store)
        let records = try (1...40).map { try Samples.record(UInt64($0)) }
        await withTaskGroup { group in
            for (index, record) in records.enumerated() {
                group.addTask {
                    var isRefused = false
                    do throws(StoreFault) {
                        try await store.write { store throws(StoreFault) in
                            _ = try store.insert(record: record, kind: .selfTest, cartridge: nil)
                            if index.isMultiple(of: 2) { throw .refused(.constraint) }
                        }
                    } catch {
                        isRefused = error == .refused(.constraint)
                    }
                    #expect(isRefused == index.isMultiple(of: 2))
                }
            }
        }
        let stored = try await store.read { store throws(StoreFault) in try store.records() }
        #expect(stored.count == 20 && stored.allSatisfy { $0.sequence.isMultiple(of: 2) })
        await store.close()
        let again = try HubStore.open(directory: directory.store)
        #expect(try await again.verifyAll().isSound)
    }
}
