import CORProtocol
import Foundation
import HubCore
import HubStore
import Testing

@Suite("Damage is found")
struct DamageTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A closed store with records 1 to `count`, the first two of them in a batch with a receipt.
    private func fill(count: Int = 4) async throws {
        let store = try HubStore.open(directory: directory.store)
        for sequence in 1...count {
            let record = try Samples.record(UInt64(sequence))
            try await store.insert(record)
            try await store.write { store throws(StoreFault) in try store.insert(result: Samples.result(of: record)) }
            try await store.appendAudit()
            if sequence == 2 { try await store.answer(try await store.cutBatch()) }
        }
        let device = try Samples.device()
        try await store.write { store throws(StoreFault) in
            try store.upsert(device: device)
            try store.set("epoch", [1, 2, 3])
            try store.quarantine(
                serial: device.serial, sequence: 9, bytes: [1, 2, 3], reason: "signature", time: Samples.time())
        }
        await store.close()
    }

    @Test("A changed payload is refused on reading and found by the full check")
    func payloadFlip() async throws {
        try await fill()
        try RawDatabase(path: directory.database).run(
            """
            DROP TRIGGER records_payload;
            UPDATE records SET payload = CAST(substr(payload, 1, 20) || x'FF' || substr(payload, 22) AS BLOB)
            WHERE item = 1
            """)
        let store = try HubStore.open(directory: directory.store)
        let record = try Samples.record(1)
        await #expect(throws: StoreFault.damaged(.payload(table: "records", key: "1"))) {
            try await store.read { store throws(StoreFault) in try store.record(id: record.recordID) }
        }
        #expect(try await store.verifyAll().damages == [.payload(table: "records", key: "1")])
    }

    @Test(
        "A changed column of any table is found by the full check",
        arguments: [
            ("UPDATE records SET received_ms = received_ms + 1 WHERE item = 1", "records", "1"),
            ("UPDATE items SET batch = NULL WHERE item = 1", "items", "1"),
            ("UPDATE results SET made_ms = 0 WHERE item = 2", "results", "2"),
            ("UPDATE result_inputs SET item = 99 WHERE input = 1", "result_inputs", "1"),
            ("UPDATE batches SET receipt = 0", "batches", "1"),
            ("UPDATE receipts SET status = 3", "receipts", "1"),
            ("UPDATE quarantine SET reason = 'other'", "quarantine", "1"),
            ("UPDATE audit SET sequence = 77 WHERE sequence = 1", "audit", "3"),
        ])
    func columnFlip(sql: String, table: String, key: String) async throws {
        try await fill()
        try RawDatabase(path: directory.database).run(sql)
        do throws(StoreFault) {
            let store = try HubStore.open(directory: directory.store)
            let report = try await store.verifyAll()
            #expect(report.damages.contains(.row(table: table, key: key)))
        } catch {
            // The tail check came first.
            #expect(error == .damaged(.row(table: table, key: key)))
        }
    }

    @Test(
        "A changed device, setting or state stops the start",
        arguments: [
            ("UPDATE devices SET firmware = '9.9.9'", StoreDamage.row(table: "devices", key: "COR1-0001")),
            ("UPDATE settings SET value = x'00' WHERE key = 'epoch'", .row(table: "settings", key: "epoch")),
            ("UPDATE state SET item_head = 1", .row(table: "state", key: "1")),
        ])
    func tail(sql: String, damage: StoreDamage) async throws {
        try await fill()
        try RawDatabase(path: directory.database).run(sql)
        #expect(throws: StoreFault.damaged(damage)) { try HubStore.open(directory: directory.store) }
    }

    @Test("A row that vanished is missed")
    func vanishedRow() async throws {
        try await fill()
        try RawDatabase(path: directory.database).run(
            "DROP TRIGGER records_kept; DELETE FROM records WHERE item = 1; "
                + "DROP TRIGGER items_kept; DELETE FROM items WHERE item = 5")
        let store = try HubStore.open(directory: directory.store)
        let report = try await store.verifyAll()
        #expect(report.damages.contains(.contentMissing(table: "records", item: 1)))
        #expect(report.damages.contains(.itemMissing(item: 5)))
    }

    @Test("A database from before an acknowledged commit is found by the commit sequence outside of it")
    func rolledBack() async throws {
        try await fill(count: 2)
        let copy = directory.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: directory.database, toPath: copy)
        let found = try RawDatabase(path: copy).integer("SELECT commit_sequence FROM state")
        let store = try HubStore.open(directory: directory.store)
        try await store.insert(try Samples.record(50))
        await store.close()
        let expected = try RawDatabase(path: directory.database).integer("SELECT commit_sequence FROM state")
        try FileManager.default.removeItem(atPath: directory.database)
        try FileManager.default.copyItem(atPath: copy, toPath: directory.database)
        #expect(throws: StoreFault.damaged(.commitsMissing(expected: UInt64(expected), found: UInt64(found)))) {
            try HubStore.open(directory: directory.store)
        }
    }

    @Test("A lost database is not taken for a new store, nor is a lost commit sequence")
    func lostFiles() async throws {
        try await fill(count: 1)
        let sequenceFile = directory.store + "/commit-sequence"
        let kept = directory.path + "/kept"
        try FileManager.default.moveItem(atPath: sequenceFile, toPath: kept)
        #expect(throws: StoreFault.damaged(.commitSequenceMissing)) { try HubStore.open(directory: directory.store) }
        try FileManager.default.moveItem(atPath: kept, toPath: sequenceFile)
        try FileManager.default.removeItem(atPath: directory.database)
        #expect(throws: StoreFault.damaged(.databaseMissing)) { try HubStore.open(directory: directory.store) }
    }

    @Test("Any flipped byte of the database is found, or changed no stored value")
    func databaseFlips() async throws {
        try await fill(count: 2)
        let files = try StoreFiles(directory: directory.store)
        try await files.checkFlips(of: "store.sqlite", count: 60)
    }

    @Test("Any flipped byte of the write-ahead log is found, or changed no stored value")
    func logFlips() async throws {
        try await fill(count: 1)
        let store = try HubStore.open(directory: directory.store)
        for sequence in 11...14 { try await store.insert(try Samples.record(UInt64(sequence))) }
        // As after a loss of power: the log is there, and the commit sequence beside it.
        while try await store.read({ $0.statistics.commitSequenceWritten < $0.commitSequence }) { await Task.yield() }
        let files = try StoreFiles(directory: directory.store)
        await store.close()
        #expect(files.contents["store.sqlite-wal"]?.isEmpty == false)
        try await files.checkFlips(of: "store.sqlite-wal", count: 60)
    }
}

/// The files of a store, to be damaged in copies.
private struct StoreFiles {
    let contents: [String: Data]

    init(directory: String) throws {
        var contents: [String: Data] = [:]
        for name in ["store.sqlite", "store.sqlite-wal", "commit-sequence"] {
            contents[name] = FileManager.default.contents(atPath: directory + "/" + name)
        }
        self.contents = contents
    }

    /// Flips one bit of the file at `count` random places, each in a fresh copy.
    func checkFlips(of name: String, count: Int) async throws {
        let sound = try #require(contents[name])
        let untouched = try copy(flipping: nil)
        let original = try await Contents(directory: untouched.store)
        var system = SystemRandomNumberGenerator()
        let seed = system.next()
        var generator = SeededGenerator(state: seed)
        for _ in 1...count {
            let offset = Int.random(in: 0..<sound.count, using: &generator)
            let bit = UInt8.random(in: 0...7, using: &generator)
            let scratch = try copy(flipping: (name, offset, bit))
            do throws(StoreFault) {
                let store = try HubStore.open(directory: scratch.store)
                let report = try await store.verifyAll()
                await store.close()
                guard report.isSound else { continue }
            } catch {
                continue
            }
            #expect(try await Contents(directory: scratch.store) == original, "offset \(offset), seed \(seed)")
        }
    }

    private func copy(flipping flip: (name: String, offset: Int, bit: UInt8)?) throws -> TemporaryDirectory {
        let scratch = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: scratch.store, withIntermediateDirectories: true)
        for (name, data) in contents {
            var data = data
            if let flip, flip.name == name { data[flip.offset] ^= 1 << flip.bit }
            try data.write(to: URL(fileURLWithPath: scratch.store + "/" + name))
        }
        return scratch
    }
}

/// Everything that a reader sees of a store.
private struct Contents: Equatable {
    let records: [StoredRecord?]
    let audit: [AuditEntry]
    let devices: [DeviceRow]
    let setting: [UInt8]?
    let batches: [BatchSummary]

    init(directory: String) async throws {
        let store = try HubStore.open(directory: directory)
        let read = try await store.read { store throws(StoreFault) in
            var records: [StoredRecord?] = []
            for summary in try store.records() { records.append(try store.record(id: summary.recordID)) }
            return (
                records, try store.audit(from: 1, countMax: 100), try store.devices(), try store.setting("epoch"),
                try store.batches()
            )
        }
        (records, audit, devices, setting, batches) = read
        await store.close()
    }
}

/// SplitMix64, so that a failing run can be repeated from its seed.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
