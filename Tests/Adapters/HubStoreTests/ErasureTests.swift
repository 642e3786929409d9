import CORProtocol
import Foundation
import HubCore
import HubStore
import Testing

@Suite("A person's readings are erased")
struct ErasureTests {
    private let directory: TemporaryDirectory
    private let store: HubStore
    private let subject: SubjectID

    init() throws {
        directory = try TemporaryDirectory()
        store = try HubStore.open(directory: directory.store)
        subject = try #require(SubjectID("subject-1"))
    }

    private func erase(_ subject: SubjectID? = nil, countMax: Int = 100) async throws -> ErasureStep {
        let subject = subject ?? self.subject
        return try await store.write { store throws(StoreFault) in
            try store.erase(subject, time: Samples.time(9_000), countMax: countMax)
        }
    }

    private func insert(_ sequence: UInt64) async throws -> RecordItem {
        let record = try Samples.record(sequence)
        try await store.insert(record)
        try await store.write { store throws(StoreFault) in try store.insert(result: Samples.result(of: record)) }
        return record
    }

    private func state(of record: RecordItem) async throws -> StoredBytesState? {
        try await store.read { store throws(StoreFault) in try store.record(id: record.recordID)?.summary.bytesState }
    }

    @Test("What is upstream loses its content; hashes, chains and the audit trail stay")
    func receipted() async throws {
        let record = try await insert(1)
        let batch = try await store.cutBatch()
        try await store.answer(batch)
        let step = try await erase()
        #expect(step.hasBegun && step.recordCount == 1 && step.resultCount == 1 && step.batchCount == 1)
        #expect(step.waitingCount == 0 && !step.hasMore)
        #expect(try await state(of: record) == .erased)
        #expect(try await store.read { store throws(StoreFault) in try store.batch(batch.position) }?.bytes == nil)
        #expect(
            try await store.read { store throws(StoreFault) in try store.batch(batch.position) }?.hash == batch.hash)
        #expect(try await store.read { store throws(StoreFault) in try store.results(ofRecord: record.recordID) } == [])
        let audit = try await store.read { store throws(StoreFault) in try store.audit(from: 1, countMax: 10) }
        #expect(audit.map(\.type) == [.erasure, .erasure] && audit.map(\.outcome) == ["accepted", "done"])
        #expect(audit.map(\.subject) == ["subject-1", "subject-1"])
        // Both tell upstream of it.
        #expect(
            try await store.read { store throws(StoreFault) in try store.pendingItems(lengthMax: 1 << 20, countMax: 9) }
                .audit.count == 2)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("What never went upstream is named as a gap and not sent")
    func pending() async throws {
        let record = try await insert(1)
        _ = try await erase()
        #expect(try await state(of: record) == .erased)
        let pending = try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: 1 << 20, countMax: 9)
        }
        #expect(pending.records.isEmpty && pending.results.isEmpty && pending.damaged.isEmpty)
        #expect(pending.gaps.map(\.value.reason) == [.erased] && pending.gaps.map(\.value.first) == [1])
        #expect(try await store.verifyAll().damages == [])
        // Not asked for again: the device may free it.
        #expect(
            try await store.read { store throws(StoreFault) in try store.recordSequence(newestOf: record.serial) } == 1)
        await store.close()
    }

    @Test("What is under way goes when its receipt is there, also over a restart")
    func underWay() async throws {
        let record = try await insert(1)
        let batch = try await store.cutBatch()
        let later = try await insert(2)
        var step = try await erase()
        #expect(step.waitingCount == 2 && step.recordCount == 1 && !step.hasMore)
        #expect(try await state(of: record) == .present)
        #expect(try await state(of: later) == .erased)
        #expect(
            try await store.read { store throws(StoreFault) in try store.oldestUnreceiptedBatch() }?.bytes
                == batch.bytes)
        await store.close()
        let again = try HubStore.open(directory: directory.store)
        try await again.answer(batch)
        step = try await again.write { store throws(StoreFault) in
            try store.continueErasures(time: Samples.time(9_500), countMax: 100)
        }
        #expect(step.recordCount == 1 && step.resultCount == 1 && step.batchCount == 1 && step.waitingCount == 0)
        step = try await again.write { store throws(StoreFault) in
            try store.continueErasures(time: Samples.time(9_500), countMax: 100)
        }
        #expect(step == ErasureStep())
        #expect(
            try await again.read { store throws(StoreFault) in try store.audit(from: 1, countMax: 9) }.map(\.outcome)
                == ["accepted", "done"])
        #expect(try await again.verifyAll().damages == [])
        await again.close()
    }

    @Test("What lies in a rejected batch is not sent again")
    func rejected() async throws {
        let record = try await insert(1)
        let batch = try await store.cutBatch()
        try await store.answer(batch, .rejected)
        _ = try await erase()
        #expect(try await state(of: record) == .erased)
        let requeued = try await store.write { store throws(StoreFault) in try store.requeueRejected(batch.position) }
        #expect(requeued == 0)
        #expect(try await store.read { store throws(StoreFault) in try store.batch(batch.position) }?.bytes == nil)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("Only this person's readings, once, and up to the moment of asking")
    func scope() async throws {
        var foreign = try Samples.record(1, device: 2)
        foreign.subject = SubjectID("subject-2")
        try await store.insert(foreign)
        let nothing = try await erase()
        #expect(nothing == ErasureStep())
        let record = try await insert(1)
        #expect(try await erase().recordCount == 1)
        #expect(try await erase() == ErasureStep())
        let later = try await insert(2)
        #expect(
            try await store.write { store throws(StoreFault) in
                try store.continueErasures(time: Samples.time(), countMax: 9)
            } == ErasureStep())
        #expect(try await state(of: later) == .present)
        #expect(try await state(of: record) == .erased)
        #expect(try await state(of: foreign) == .present)
        await store.close()
    }

    @Test("Many readings go in steps, and the device's refused bytes with them")
    func steps() async throws {
        for sequence in 1...7 as ClosedRange<UInt64> { _ = try await insert(sequence) }
        let serial = try Samples.serial()
        try await store.write { store throws(StoreFault) in
            try store.quarantine(serial: serial, sequence: 9, bytes: [1, 2], reason: "signature", time: Samples.time())
        }
        var counts: [Int] = []
        var step = try await erase(countMax: 3)
        #expect(step.refusedCount == 1)
        counts.append(step.recordCount)
        while step.hasMore {
            step = try await erase(countMax: 3)
            counts.append(step.recordCount)
        }
        #expect(counts == [3, 3, 1])
        #expect(try await store.read { store throws(StoreFault) in try store.quarantined().map(\.bytes) } == [nil])
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("The program cannot take content away that nobody asked to be erased")
    func guarded() async throws {
        _ = try await insert(1)
        await store.close()
        let database = RawDatabase(path: directory.database)
        for table in ["records", "results"] {
            #expect(throws: RawDatabaseError(message: "not behind an accepted receipt")) {
                try database.run("UPDATE \(table) SET payload = NULL, payload_state = 4")
            }
            #expect(throws: RawDatabaseError(message: "not behind an accepted receipt")) {
                try database.run("UPDATE \(table) SET payload = x'00'")
            }
        }
    }

    @Test("An erased payload is overwritten in the file")
    func overwritten() async throws {
        try await store.insert(try Samples.record(1, length: 40_000))
        await store.close()
        let before = try #require(FileManager.default.contents(atPath: directory.database))
        let again = try HubStore.open(directory: directory.store)
        _ = try await again.write { [subject] store throws(StoreFault) in
            try store.erase(subject, time: Samples.time(), countMax: 9)
        }
        await again.close()
        let after = try #require(FileManager.default.contents(atPath: directory.database))
        #expect(FileManager.default.contents(atPath: directory.database + "-wal")?.isEmpty ?? true)
        // Pieces of the sealed bytes that lay in whole pages: none may be left.
        let pieces = stride(from: 0, to: before.count - 4_096, by: 4_096).map { before[$0 + 100..<$0 + 164] }
            .filter { Set($0).count > 32 }
        #expect(pieces.count >= 8)
        #expect(pieces.filter { after.range(of: $0) != nil }.isEmpty)
    }
}
