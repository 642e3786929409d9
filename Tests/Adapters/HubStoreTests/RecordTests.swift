import CORProtocol
import HubCore
import HubStore
import Testing

@Suite("Records in the store")
struct RecordTests {
    private let directory: TemporaryDirectory
    private let store: HubStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try HubStore.open(directory: directory.store)
    }

    @Test("A record is read as it was stored, also after the store was opened again")
    func roundTrip() async throws {
        let record = try Samples.record(5, length: 10_000)
        #expect(try await store.insert(record) == .stored)
        await store.close()
        let again = try HubStore.open(directory: directory.store)
        let stored = try await again.read { store throws(StoreFault) in try store.record(id: record.recordID) }
        let expected = StoredRecord(
            summary: RecordSummary(
                item: 1, recordID: record.recordID, serial: record.serial, sequence: 5, kind: .sedimentationRun,
                cartridge: "cartridge-1", length: 10_000, received: record.received, link: .udp, trust: .attested,
                subject: record.subject, backfilled: false, clockOffsetMilliseconds: -12, bytesState: .present,
                forwarding: .pending),
            bytes: record.bytes)
        #expect(stored == expected)
        await again.close()
    }

    @Test("A record that is stored already is a duplicate, and stored once")
    func duplicate() async throws {
        let record = try Samples.record(1)
        try await store.insert(record)
        #expect(try await store.insert(record) == .duplicate)
        #expect(try await store.read { store throws(StoreFault) in try store.records() }.count == 1)
    }

    @Test("Another record under a known sequence of the device is a conflict and changes nothing")
    func conflict() async throws {
        let record = try Samples.record(1)
        let other = try Samples.record(1, variant: 9)
        try await store.insert(record)
        #expect(try await store.insert(other) == .conflict(existing: record.recordID))
        #expect(try await store.read { store throws(StoreFault) in try store.record(id: other.recordID) } == nil)
    }

    @Test("The newest sequence of a device counts records, quarantined records and gaps, and no other device's")
    func newestSequence() async throws {
        let serial = try Samples.serial()
        let newest: @Sendable () async throws -> UInt64 = { [store] in
            try await store.read { store throws(StoreFault) in try store.recordSequence(newestOf: serial) }
        }
        #expect(try await newest() == 0)
        try await store.insert(try Samples.record(3))
        try await store.insert(try Samples.record(50, device: 2))
        #expect(try await newest() == 3)
        let gap = try Samples.gap(4, 6)
        try await store.write { store throws(StoreFault) in try store.insert(gap: gap) }
        #expect(try await newest() == 6)
        try await store.write { store throws(StoreFault) in
            try store.quarantine(
                serial: serial, sequence: 7, bytes: [1, 2], reason: "signature", time: Samples.time())
        }
        #expect(try await newest() == 7)
        let quarantined = try await store.read { store throws(StoreFault) in try store.quarantined() }
        let expected = QuarantinedRecord(
            number: 1, serial: serial, sequence: 7, reason: "signature", noticed: Samples.time(), bytes: [1, 2],
            length: 2)
        #expect(quarantined == [expected])
    }

    @Test("A listing filters by device, goes on behind an item, and keeps its order")
    func listing() async throws {
        for sequence in 1...6 {
            try await store.insert(try Samples.record(UInt64(sequence), device: sequence.isMultiple(of: 2) ? 2 : 1))
        }
        let even = RecordFilter(serial: try Samples.serial(2), countMax: 2)
        let newest = try await store.read { store throws(StoreFault) in try store.records(even) }
        #expect(newest.map(\.sequence) == [6, 4])
        var rest = even
        rest.after = newest.last?.item
        let older = try await store.read { [rest] store throws(StoreFault) in try store.records(rest) }
        #expect(older.map(\.sequence) == [2])
        let oldest = try await store.read { store throws(StoreFault) in
            try store.records(RecordFilter(order: .oldestFirst, countMax: 3))
        }
        #expect(oldest.map(\.sequence) == [1, 2, 3])
    }

    @Test("A result is stored once, and found by each of its records")
    func results() async throws {
        let record = try Samples.record(1)
        let result = Samples.result(of: record)
        try await store.insert(record)
        let isNew = try await store.write { store throws(StoreFault) in
            [try store.insert(result: result), try store.insert(result: result)]
        }
        #expect(isNew == [true, false])
        let found = try await store.read { store throws(StoreFault) in try store.results(ofRecord: record.recordID) }
        #expect(found == [result])
    }

    @Test("Devices and settings are replaced by what is stored later")
    func devices() async throws {
        var device = try Samples.device()
        let other = try Samples.device(2)
        try await store.write { [device] store throws(StoreFault) in
            try store.upsert(device: device)
            try store.upsert(device: other)
            try store.set("epoch", [1])
        }
        device.firmware = "1.2.0"
        device.alias = nil
        try await store.write { [device] store throws(StoreFault) in
            try store.upsert(device: device)
            try store.set("epoch", [2, 3])
        }
        #expect(try await store.read { store throws(StoreFault) in try store.devices() } == [device, other])
        #expect(try await store.read { store throws(StoreFault) in try store.setting("epoch") } == [2, 3])
        #expect(try await store.read { store throws(StoreFault) in try store.setting("none") } == nil)
    }
}
