import CORProtocol
import Foundation
import HubCore
import Testing

@testable import HubStore

@Suite("A store of the first format is sealed")
struct FirstFormatTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try FirstFormat.write(to: directory.store)
    }

    private func expectContents(of store: HubStore) async throws {
        for sequence in 1...6 as ClosedRange<UInt64> {
            let record = try FirstFormat.record(sequence)
            let (found, results) = try await store.read { store throws(StoreFault) in
                (try store.record(id: record.recordID), try store.results(ofRecord: record.recordID))
            }
            #expect(found?.bytes == record.bytes)
            #expect(results == [Samples.result(of: record)])
        }
        let (pending, batches, sent, audit, refused, setting) = try await store.read { store throws(StoreFault) in
            (
                try store.pendingItems(lengthMax: 1 << 20, countMax: 100), try store.batches(),
                try store.oldestUnreceiptedBatch(), try store.audit(from: 1, countMax: 100),
                try store.quarantined(), try store.setting("epoch")
            )
        }
        #expect(pending.records.map(\.value.sequence) == [4, 5, 6] && pending.damaged.isEmpty)
        #expect(pending.results.count == 3 && pending.audit.count == 3 && pending.gaps.count == 1)
        #expect(pending.deviceEvents.count == 1 && pending.firmwareEvents.count == 1)
        #expect(batches.map(\.receipt) == [.accepted, .rejected, nil])
        #expect(sent?.bytes.map { SHA256Hash.of($0) } == batches.last?.hash)
        #expect(audit.count == 6 && refused.map(\.bytes) == [Array("refused bytes in plain".utf8)])
        #expect(setting == [1, 2, 3])
        #expect(try await store.verifyAll().damages == [])
    }

    /// Bytes of records, results, audit entries, refused records and batches that lie about as they are.
    private func plainContents() throws -> [String] {
        let needles = [
            [UInt8](repeating: 0x50, count: 64), Array("esr-profile/short-60".utf8),
            Array("refused bytes in plain".utf8),
            Array("batch 0101".utf8),
        ]
        var found: [String] = []
        for name in ["store.sqlite", "store.sqlite-wal"] {
            let data = FileManager.default.contents(atPath: directory.store + "/" + name) ?? Data()
            for needle in needles where data.range(of: Data(needle)) != nil {
                found.append("\(name): \(String(decoding: needle.prefix(20), as: UTF8.self))")
            }
        }
        return found
    }

    private func awaitSealing(of store: HubStore) async throws {
        while try await store.read({ reader throws(StoreFault) in try reader.isSealingUnfinished }) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("It is opened and used before it is sealed, and each further use seals a few rows more")
    func openedFirst() async throws {
        var options = StoreOptions()
        // Nothing happens by itself, so that the steps can be seen.
        options.commitSequenceIdleDelay = .seconds(3_600)
        options.sealingDelayMax = .seconds(3_600)
        var store = try HubStore.open(directory: directory.store, options: options)
        try await expectContents(of: store)
        #expect(try await store.read { reader throws(StoreFault) in try reader.isSealingUnfinished })
        // What comes meanwhile is sealed, and stays so.
        let record = try Samples.record(7)
        try await store.insert(record)
        await store.close()
        #expect(try plainContents().count >= 4)
        // Already then the file says that it cannot be read without its key.
        #expect(try HubStore.needsExistingKey(directory: directory.store))

        options.sealingDelayMax = .zero
        store = try HubStore.open(directory: directory.store, options: options)
        var count = 0
        while try await store.read({ reader throws(StoreFault) in try reader.isSealingUnfinished }) {
            count += 1
            try #require(count < 100)
        }
        #expect(count > 3)
        #expect(
            try await store.read { store throws(StoreFault) in try store.record(id: record.recordID)?.bytes }
                == record.bytes)
        #expect(try await store.verifyAll().damages == [])
        #expect(try plainContents() == [])
        await store.close()
    }

    @Test("With everything in flight it goes on as it was, sealed, and nothing of it stays on the disk as it is")
    func upgrade() async throws {
        #expect(try plainContents().count >= 4)
        var store = try HubStore.open(directory: directory.store)
        try await expectContents(of: store)
        try await awaitSealing(of: store)
        #expect(try plainContents() == [])
        await store.close()
        #expect(
            try RawDatabase(path: directory.database).integer("PRAGMA user_version") == Int64(StoreMigration.all.count))
        #expect(try plainContents() == [])
        store = try HubStore.open(directory: directory.store)
        try await expectContents(of: store)
        try await store.insert(try Samples.record(7))
        _ = try await store.cutBatch()
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("Sealing that was interrupted goes on where it was, and the old program refuses what it left")
    func interrupted() async throws {
        let key = Samples.storageKey
        let connection = try SQLiteConnection(path: directory.database)
        try connection.script("PRAGMA locking_mode = EXCLUSIVE")
        try connection.run("BEGIN IMMEDIATE")
        try connection.script(StoreMigration.all[1].sql)
        try ContentSealing.begin(on: connection, key: key, isEmpty: false)
        try connection.script("PRAGMA user_version = 2")
        try connection.run("COMMIT")
        // As sealing leaves it after the first rows of a table.
        let seal = ContentSeal(key)
        let record = try FirstFormat.record(1)
        try connection.run(
            "UPDATE records SET payload = ? WHERE item = 1",
            [.blob(seal.seal(record.bytes, hash: .of(record.bytes), in: .records))])
        let table = StoredTable.settings
        try connection.run(
            table.replaceSQL,
            table.sealed([.text(ContentSealing.progressSetting), .blob(Array("records:1".utf8))], content: nil))
        connection.close(keepingLog: true)
        #expect(throws: StoreFault.formatTooNew(found: 2, supported: 1)) {
            try HubStore.open(directory: directory.store, migrations: [StoreMigration.all[0]])
        }
        let store = try HubStore.open(directory: directory.store)
        try await expectContents(of: store)
        try await awaitSealing(of: store)
        #expect(try plainContents() == [])
        await store.close()
    }

    @Test("What was damaged before is found after, and only that")
    func damaged() async throws {
        try RawDatabase(path: directory.database).run(
            "DROP TRIGGER records_payload; UPDATE records SET payload = zeroblob(600) WHERE sequence = 5")
        try RawDatabase(path: directory.database).run(
            "CREATE TRIGGER records_payload BEFORE UPDATE OF payload ON records WHEN 0 BEGIN SELECT 1; END")
        let store = try HubStore.open(directory: directory.store)
        #expect(try await store.verifyAll().damages.count == 1)
        try await awaitSealing(of: store)
        #expect(try await store.verifyAll().damages.count == 1)
        #expect(try plainContents() == [])
        await store.close()
    }

    @Test("A damaged one is salvaged into a sealed one")
    func salvaged() async throws {
        try RawDatabase(path: directory.database).run("UPDATE state SET item_head = item_head + 1")
        let (store, recovery) = try HubStore.openRecovering(
            directory: directory.store, quarantine: directory.path + "/quarantine", now: Samples.time())
        #expect(recovery?.lostCount == 0 && recovery?.withoutBytesCount == 0)
        for sequence in 1...6 as ClosedRange<UInt64> {
            let record = try FirstFormat.record(sequence)
            #expect(
                try await store.read { store throws(StoreFault) in try store.record(id: record.recordID)?.bytes }
                    == record.bytes)
        }
        #expect(try plainContents() == [])
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }
}
