import CORProtocol
import HubCore
import MCUbootImage
import Testing

@testable import HubStore

@Suite("Updates in the store")
struct FirmwareRowTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func record(_ device: Int, _ phase: FirmwarePhase) throws -> FirmwareRecord {
        let offer = FirmwareOffer(
            target: .init(name: "image.bin", sha256: .of([1]), length: 10),
            image: FirmwareImageFacts(
                version: ImageVersion(major: 1, minor: 4, revision: 0), securityCounter: 3, hash: .of([2])),
            origin: .rollout(id: "r1"))
        var record = FirmwareRecord(
            serial: try Samples.serial(device), offer: offer, metadataVersion: 4, entered: Samples.time())
        record.phase = phase
        return record
    }

    @Test("What is kept of an update is there after the next opening, one row a device, the newest")
    func kept() async throws {
        var store = try HubStore.open(directory: directory.store)
        let first = try record(1, .uploading)
        let second = try record(2, .proving)
        let newer = try record(1, .confirmed)
        let settings = FirmwareSettings(
            window: MaintenanceWindow("mon-fri 01:00-02:00"),
            inhibits: [.init(name: "guests", serial: first.serial, until: 7)])
        try await store.write { (store) throws(StoreFault) in
            for record in [first, second, newer] {
                try store.keep(record)
                try store.insert(
                    firmwareEvent: FirmwareEvent(
                        serial: record.serial, type: record.phase.code, time: Samples.time(), detail: "a step"))
            }
            try store.keep(settings)
        }
        await store.close()
        store = try HubStore.open(directory: directory.store)
        let (records, found, events, none) = try await store.read { (store) throws(StoreFault) in
            (
                try store.firmwareRecords(), try store.firmwareSettings(),
                try store.firmwareEvents(of: first.serial, countMax: 10),
                try store.firmwareEvents(of: first.serial, countMax: 0)
            )
        }
        #expect(records == [newer, second] && found == settings)
        #expect(events.map(\.type) == ["confirmed", "uploading"] && none.isEmpty)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("What devices' boot loaders demand is there after the next opening, also of a store that was salvaged")
    func counters() async throws {
        var store = try HubStore.open(directory: directory.store)
        let first = try Samples.serial(1)
        let second = DemandedCounter(serial: try Samples.serial(2), counter: .max)
        let update = try record(1, .uploading)
        try await store.write { (store) throws(StoreFault) in
            try store.keep(DemandedCounter(serial: first, counter: 3))
            try store.keep(second)
            try store.keep(DemandedCounter(serial: first, counter: 4))
            try store.keep(update)
        }
        await store.close()
        try RawDatabase(path: directory.database).run("UPDATE state SET item_head = item_head + 1")
        let recovery: StoreRecovery?
        (store, recovery) = try HubStore.openRecovering(
            directory: directory.store, quarantine: directory.path + "/quarantine", now: Samples.time())
        #expect(recovery != nil)
        let found = try await store.read { (store) throws(StoreFault) in try store.demandedCounters() }
        #expect(found == [DemandedCounter(serial: first, counter: 4), second])
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("A store of the first format takes updates with everything else in flight")
    func firstFormat() async throws {
        try FirstFormat.write(to: directory.store)
        let store = try HubStore.open(directory: directory.store)
        let kept = try record(1, .marking)
        try await store.write { (store) throws(StoreFault) in try store.keep(kept) }
        #expect(try await store.read { (store) throws(StoreFault) in try store.firmware(of: kept.serial) } == kept)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("An update survives the salvage of a damaged store")
    func salvaged() async throws {
        var store = try HubStore.open(directory: directory.store)
        let kept = try record(1, .proving)
        try await store.write { (store) throws(StoreFault) in try store.keep(kept) }
        await store.close()
        try RawDatabase(path: directory.database).run("UPDATE state SET item_head = item_head + 1")
        let recovery: StoreRecovery?
        (store, recovery) = try HubStore.openRecovering(
            directory: directory.store, quarantine: directory.path + "/quarantine", now: Samples.time())
        #expect(recovery != nil)
        #expect(try await store.read { (store) throws(StoreFault) in try store.firmware(of: kept.serial) } == kept)
        await store.close()
    }
}
