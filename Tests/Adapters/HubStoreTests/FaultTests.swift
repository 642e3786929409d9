import CORProtocol
import Foundation
import Glibc
import HubCore
import HubStore
import Testing

@Suite("Where the store cannot be opened or written", .serialized)
struct FaultTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test("A second instance on the same store is told which process holds it")
    func inUse() async throws {
        let store = try HubStore.open(directory: directory.store)
        #expect(throws: StoreFault.inUse(pid: getpid())) { try HubStore.open(directory: directory.store) }
        await store.close()
        try await HubStore.open(directory: directory.store).close()
    }

    @Test("A store of a newer program is left alone")
    func formatTooNew() async throws {
        try await HubStore.open(directory: directory.store).close()
        try RawDatabase(path: directory.database).run("PRAGMA user_version = 99")
        #expect(throws: StoreFault.formatTooNew(found: 99, supported: StoreMigration.all.count)) {
            try HubStore.open(directory: directory.store)
        }
        #expect(try RawDatabase(path: directory.database).integer("PRAGMA user_version") == 99)
    }

    @Test("Another program's database is no store")
    func notAStore() async throws {
        try await HubStore.open(directory: directory.store).close()
        try FileManager.default.removeItem(atPath: directory.database)
        try RawDatabase(path: directory.database).run("CREATE TABLE other (a); PRAGMA user_version = 1")
        #expect(throws: StoreFault.notAStore(path: directory.database)) {
            try HubStore.open(directory: directory.store)
        }
    }

    @Test("A directory whose parent is missing cannot be opened")
    func missingParent() {
        let path = directory.path + "/none/store"
        #expect(throws: StoreFault.cannotOpen(path: path, errno: ENOENT)) { try HubStore.open(directory: path) }
    }

    @Test("A closed store refuses, and closing twice is no harm")
    func closed() async throws {
        let store = try HubStore.open(directory: directory.store)
        await store.close()
        await store.close()
        await #expect(throws: StoreFault.closed) { try await store.appendAudit() }
        await #expect(throws: StoreFault.closed) {
            try await store.read { store throws(StoreFault) in try store.auditHead() }
        }
    }

    @Test("More requests than the mailbox holds are refused, not queued")
    func overloaded() async throws {
        var options = StoreOptions()
        options.mailboxCountMax = 2
        let store = try HubStore.open(directory: directory.store, options: options)
        let gate = DispatchSemaphore(value: 0)
        let entered = DispatchSemaphore(value: 0)
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await store.read { _ throws(StoreFault) in
                    entered.signal()
                    gate.wait()
                }
                return false
            }
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    entered.wait()
                    continuation.resume()
                }
            }
            for _ in 1...3 {
                group.addTask {
                    do throws(StoreFault) {
                        try await store.read { _ throws(StoreFault) in }
                        return false
                    } catch {
                        gate.signal()
                        return error == .overloaded(limit: 2)
                    }
                }
            }
            var refused = 0
            for try await isRefused in group where isRefused { refused += 1 }
            return refused
        }
        #expect(refused == 1)
    }

    @Test("On a read-only file system the store says so")
    func readOnly() async throws {
        try await HubStore.open(directory: directory.store).close()
        guard let mounted = MountedDirectory(at: directory.store, options: "ro,size=1m") else { return }
        defer { mounted.unmount() }
        #expect(throws: StoreFault.readOnly) { try HubStore.open(directory: directory.store) }
    }

    @Test("On a full disk every write is refused, nothing acknowledged is lost, and the next start goes on")
    func full() async throws {
        try FileManager.default.createDirectory(atPath: directory.store, withIntermediateDirectories: true)
        guard let mounted = MountedDirectory(at: directory.store, options: "size=2m") else { return }
        defer { mounted.unmount() }
        let store = try HubStore.open(directory: directory.store)
        let outcomes = try await withThrowingTaskGroup(of: (UInt64, StoreFault?).self) { group in
            for writer in 0..<4 {
                for index in 1...100 {
                    let record = try Samples.record(UInt64(index), device: writer + 1, length: 10_000)
                    group.addTask {
                        do throws(StoreFault) {
                            try await store.insert(record)
                            return (UInt64(writer) << 32 | record.sequence, nil)
                        } catch {
                            return (UInt64(writer) << 32 | record.sequence, error)
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let acknowledged = outcomes.filter { $0.1 == nil }
        #expect(acknowledged.count > 0 && acknowledged.count < 400)
        #expect(outcomes.allSatisfy { $0.1 == nil || $0.1 == .full })
        await #expect(throws: StoreFault.full) { try await store.appendAudit() }
        #expect(try await store.read { store throws(StoreFault) in try store.auditHead() }.sequence == 0)
        await store.close()

        #expect(mounted.remount(options: "size=32m"))
        let again = try HubStore.open(directory: directory.store)
        let stored = try await again.read { store throws(StoreFault) in
            try store.records(RecordFilter(countMax: 1_000))
        }
        #expect(stored.count >= acknowledged.count)
        #expect(try await again.verifyAll().isSound)
        try await again.appendAudit()
        await again.close()
    }
}
