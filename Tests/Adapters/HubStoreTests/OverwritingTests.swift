import CORProtocol
import ESRAnalysis
import HubCore
import HubStore
import Testing

@Suite("Raw runs that give way in a full store")
struct OverwritingTests {
    private let directory: TemporaryDirectory
    private let store: HubStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try HubStore.open(directory: directory.store)
    }

    private func overwrite(_ lengthMin: Int) async throws -> [UInt64] {
        try await store.write { store throws(StoreFault) in try store.overwriteOldestRuns(lengthMin: lengthMin) }
            .map(\.sequence)
    }

    private func insert(_ sequences: ClosedRange<UInt64>, length: Int = 200) async throws {
        for sequence in sequences {
            let record = try Samples.record(sequence, length: length)
            try await store.insert(record)
            try await store.write { store throws(StoreFault) in try store.insert(result: Samples.result(of: record)) }
        }
    }

    private func pending() async throws -> PendingItems {
        try await store.read { store throws(StoreFault) in try store.pendingItems(lengthMax: 1 << 20, countMax: 1_000) }
    }

    private func state(_ sequence: UInt64, length: Int = 200) async throws -> StoredBytesState? {
        let id = try Samples.record(sequence, length: length).recordID
        return try await store.read { store throws(StoreFault) in try store.record(id: id)?.summary.bytesState }
    }

    @Test("The oldest go, as many as the bytes take; results stay, and everything adds up")
    func oldest() async throws {
        try await insert(1...5)
        #expect(try await overwrite(1) == [1])
        #expect(try await overwrite(201) == [2, 3])
        let left = try await pending()
        #expect(left.records.map(\.value.sequence) == [4, 5] && left.results.count == 5)
        #expect(try await state(3) == .overwritten)
        #expect(try await state(4) == .present)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("What lies in a batch stays, whether it has a receipt or not; what is pending again goes before what is new")
    func underWay() async throws {
        try await insert(1...2)
        let batch = try await store.cutBatch()
        try await insert(3...4)
        #expect(try await overwrite(1_000_000) == [3, 4])
        #expect(try await state(1) == .present)
        try await store.write { store throws(StoreFault) in _ = try store.requeueUnreceipted() }
        try await insert(5...5)
        #expect(try await overwrite(1) == [1])
        #expect(try await pending().records.map(\.value.sequence) == [2, 5])
        #expect(batch.position.sequence == 1)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("One delivery takes no more than a bounded number, and a start finds the same")
    func bounded() async throws {
        let count = RecordIntake.overwritingCountMax
        try await insert(1...UInt64(count + 1))
        #expect(try await overwrite(.max).count == count)
        await store.close()
        let again = try HubStore.open(directory: directory.store)
        let length = try await again.write { store in store.pendingRecordsLength }
        #expect(length > 0 && length < 1_000)
        #expect(try await again.verifyAll().damages == [])
        await again.close()
    }

    @Test("What goes makes room in the file, in whole pages", arguments: [1_500, 2_500, 3_800, 10_000])
    func room(length: Int) async throws {
        try await insert(1...80, length: length)
        let before = try await store.read { store throws(StoreFault) in try store.usage().usedLength }
        #expect(try await overwrite(60 * length).count == 60)
        let after = try await store.read { store throws(StoreFault) in try store.usage().usedLength }
        #expect(before - after >= 60 * length / 2, "\(before) \(after)")
        await store.close()
    }

    /// A delivery for which there is room behind `lengthMax` bytes only if runs give way.
    private func deliver(_ sequence: UInt64, lengthMax: Int) async throws -> IntakeOutcome {
        var quota = StorageQuota()
        quota.lengthMax = lengthMax
        quota.overwritesUnsentRuns = true
        let delivery = DeviceDelivery(
            serial: try Samples.serial(), sequence: sequence,
            content: .refused(bytes: [1, 2, 3], reason: .signatureInvalid), missing: nil, received: Samples.time())
        let intake = RecordIntake(analyzer: ESRAnalyzer(), configurationHash: .of([1]))
        return try await store.write { [quota] store throws(StoreFault) in
            try intake.keep(delivery, within: quota, in: store)
        }
    }

    @Test("Small runs give way to a delivery, they are named, and the newest stay", arguments: [1_500, 3_800])
    func delivery(length: Int) async throws {
        try await insert(1...100, length: length)
        let used = try await store.read { store throws(StoreFault) in try store.usage().usedLength }
        let outcome = try await deliver(101, lengthMax: used)
        #expect(outcome.isKept)
        let gaps = try await pending().gaps.map(\.value).filter { $0.reason == .overwritten }
        let named = try #require(gaps.first)
        #expect(gaps.count == 1 && named.first == 1 && named.last > 4 && named.last < 65)
        #expect(outcome.news.contains(.gapNoted(serial: named.serial, missing: 1...named.last)))
        for sequence in UInt64(1)...100 {
            #expect(try await state(sequence, length: length) == (sequence <= named.last ? .overwritten : .present))
        }
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("Where what may give way would not make room, nothing goes")
    func noRoom() async throws {
        try await insert(1...200, length: 1_500)
        let used = try await store.read { store throws(StoreFault) in try store.usage().usedLength }
        await #expect(throws: StoreFault.refused(.noRoom)) { try await deliver(201, lengthMax: used - 150_000) }
        #expect(try await state(1, length: 1_500) == .present)
        #expect(try await pending().gaps.isEmpty)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("A batch that was made up before a run of it gave way is not stored")
    func changed() async throws {
        try await insert(1...2)
        let before = try await store.read { store throws(StoreFault) in store.itemRewriteCount }
        _ = try await overwrite(1)
        #expect(try await store.read { store throws(StoreFault) in store.itemRewriteCount } > before)
        await store.close()
    }

    @Test(
        "Whatever the program asks for: content goes this way only while it is in no batch, and no batch goes but a withdrawn one"
    )
    func guards() async throws {
        try await insert(1...2)
        let batch = try await store.cutBatch(countMax: 3)
        _ = try await store.cutBatch()
        await store.close()
        let database = RawDatabase(path: directory.database)
        let overwritten = StoredBytesState.overwritten.rawValue
        #expect(throws: RawDatabaseError(message: "not behind an accepted receipt")) {
            try database.run("UPDATE records SET payload = NULL, payload_state = \(overwritten) WHERE item = 1")
        }
        for table in ["batches WHERE batch = 2", "batches"] {
            #expect(throws: RawDatabaseError(message: "rows stay")) { try database.run("DELETE FROM \(table)") }
        }
        let again = try HubStore.open(directory: directory.store)
        try await again.answer(batch, .rejected)
        try await again.write { store throws(StoreFault) in try store.withdrawBatches(behind: batch.position) }
        #expect(try await again.read { store throws(StoreFault) in try store.batchHead()?.position } == batch.position)
        #expect(try await again.verifyAll().damages == [])
        await again.close()
    }
}
