import CORProtocol
import Foundation
import HubCore
import HubStore
import Testing

@Suite("A damaged store is set aside, and what can be read of it goes on")
struct SalvageTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var quarantine: String { directory.path + "/quarantine" }

    private func recovering() throws -> (store: HubStore, recovery: StoreRecovery?) {
        try HubStore.openRecovering(directory: directory.store, quarantine: quarantine, now: Samples.time(9_000))
    }

    /// Records 1 and 2 are in a batch with a receipt, 3 and 4 in one without, 5 and 6 in none.
    private func fill() async throws {
        let store = try HubStore.open(directory: directory.store)
        for sequence in 1...6 as ClosedRange<UInt64> {
            let record = try Samples.record(sequence)
            try await store.insert(record)
            try await store.write { store throws(StoreFault) in try store.insert(result: Samples.result(of: record)) }
            try await store.appendAudit()
            if sequence == 2 { try await store.answer(try await store.cutBatch()) }
            if sequence == 4 { _ = try await store.cutBatch() }
        }
        let device = try Samples.device()
        try await store.write { store throws(StoreFault) in
            try store.upsert(device: device)
            try store.set("epoch", [1])
            try store.set("other", [2])
        }
        await store.close()
    }

    private func pending(_ store: HubStore) async throws -> PendingItems {
        try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: 1 << 20, countMax: 1_000)
        }
    }

    @Test("A sound store is opened as it is")
    func sound() async throws {
        try await fill()
        let (store, recovery) = try recovering()
        #expect(recovery == nil)
        #expect(try await store.verifyAll().isSound)
        await store.close()
        #expect(!FileManager.default.fileExists(atPath: quarantine))
    }

    @Test("One damaged row is left behind and named; everything without a receipt is pending in a new epoch")
    func oneRow() async throws {
        try await fill()
        try RawDatabase(path: directory.database).run(
            "UPDATE records SET kind = kind + 1 WHERE sequence = 4; UPDATE devices SET firmware = '9.9.9'")
        let damaged = try #require(FileManager.default.contents(atPath: directory.database))
        let (store, recovery) = try recovering()
        let report = try #require(recovery)
        #expect(report.damage == .row(table: "devices", key: "COR1-0001"))
        #expect(report.folder == quarantine + "/store-1" && report.gapCount == 1)
        #expect(FileManager.default.contents(atPath: report.folder + "/store.sqlite") == damaged)
        #expect(try await store.verifyAll().damages == [])

        let items = try await pending(store)
        #expect(items.records.map(\.value.sequence) == [3, 5, 6])
        #expect(
            items.gaps.map(\.value) == [
                Gap(
                    serial: try Samples.serial(), first: 4, last: 4, reason: .lost, noticed: Samples.time(9_000),
                    detail: "the store was damaged")
            ])
        #expect(items.audit.suffix(2).map(\.value.type) == [.storageFault, .quarantine])
        let (epoch, other, receipted) = try await store.read { store throws(StoreFault) in
            (try store.setting("epoch"), try store.setting("other"), try store.records().map(\.forwarding))
        }
        #expect(epoch == nil && other == [2])
        #expect(receipted.suffix(2).allSatisfy { if case .answered(_, .accepted) = $0 { true } else { false } })

        // It goes on as any other store does, and is found sound the next time.
        try await store.insert(try Samples.record(7))
        let batch = try await store.cutBatch(epoch: 2)
        try await store.answer(batch)
        await store.close()
        let again = try recovering()
        #expect(again.recovery == nil)
        #expect(try await again.store.verifyAll().damages == [])
        await again.store.close()
    }

    @Test("A record that lost its bytes keeps its row, and a gap names it unless it is upstream")
    func lostBytes() async throws {
        try await fill()
        try RawDatabase(path: directory.database).run(
            """
            DROP TRIGGER records_payload; UPDATE records SET payload = x'00' WHERE sequence IN (1, 5);
            UPDATE settings SET value = x'77'
            """)
        let (store, recovery) = try recovering()
        #expect(recovery?.withoutBytesCount == 2 && recovery?.gapCount == 1)
        let summaries = try await store.read { store throws(StoreFault) in
            try store.records(RecordFilter(order: .oldestFirst))
        }
        #expect(summaries.map(\.bytesState) == [.lost, .present, .present, .present, .lost, .present])
        #expect(summaries[4].forwarding == .setAside)
        let items = try await pending(store)
        #expect(items.gaps.map(\.value.first) == [5] && items.records.map(\.value.sequence) == [3, 4, 6])
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("Where pages are overwritten, every row on the others is kept", arguments: [3, 20, 40, 60])
    func pages(percent: Int) async throws {
        let filled = try HubStore.open(directory: directory.store)
        for sequence in 1...200 as ClosedRange<UInt64> {
            try await filled.insert(Samples.record(sequence, length: 5_000))
        }
        await filled.close()
        var bytes = try #require(FileManager.default.contents(atPath: directory.database))
        let page = bytes.count / 4096 * percent / 100
        for index in 0..<8 * 4096 { bytes[page * 4096 + index] = UInt8(truncatingIfNeeded: index &* 31) }
        try bytes.write(to: URL(fileURLWithPath: directory.database))
        // What a running agent does when it meets this.
        try Data("damage".utf8).write(to: URL(fileURLWithPath: directory.store + "/damaged"))
        let (store, recovery) = try recovering()
        #expect(recovery?.damage == .foundInUse(detail: "damage"))
        let (records, gaps, serial) = (
            try await store.read { store throws(StoreFault) in try store.records(RecordFilter(countMax: .max)) },
            try await pending(store).gaps, try Samples.serial()
        )
        let named = gaps.reduce(0) { $0 + Int($1.value.last - $1.value.first) + 1 }
        let kept = records.filter { $0.bytesState == .present }
        #expect(kept.count >= 150, "eight pages hold parts of at most eight records, or an inner page of the tree")
        #expect(gaps.allSatisfy { $0.value.serial == serial && $0.value.reason == .lost })
        let newest = records.map(\.sequence).max() ?? 0
        #expect(kept.count + named >= Int(newest) - Int(records.map(\.sequence).min() ?? 0))
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("A key that a flipped bit made larger than all hides no row behind it", arguments: [191, 192, 193, 200])
    func flippedKey(sequence: UInt64) async throws {
        let filled = try HubStore.open(directory: directory.store)
        for number in 1...400 as ClosedRange<UInt64> {
            try await filled.insert(Samples.record(number, length: 300))
        }
        await filled.close()
        var bytes = try #require(FileManager.default.contents(atPath: directory.database))
        // A row of the table's tree: two bytes of length, then the key (sqlite.org/fileformat2.html, section 1.6).
        let key = [0x80 | UInt8(sequence >> 7), UInt8(sequence & 0x7F)]
        let places = bytes.indices.dropFirst(2).dropLast(2).filter { place in
            bytes[place] == key[0] && bytes[place + 1] == key[1] && (0x84...0x87).contains(bytes[place - 2])
                && bytes[place - 1] < 0x80 && (0x10...0x30).contains(bytes[place + 2])
        }
        let place = try #require(places.first)
        try #require(places.count == 1)
        bytes[place] ^= 0x40
        try bytes.write(to: URL(fileURLWithPath: directory.database))
        try Data("damage".utf8).write(to: URL(fileURLWithPath: directory.store + "/damaged"))
        let (store, recovery) = try recovering()
        let kept = try await store.read { store throws(StoreFault) in
            try store.records(RecordFilter(countMax: .max)).map(\.sequence)
        }
        #expect(Set(1...400).subtracting(kept) == [sequence])
        #expect(recovery?.gapCount == 1)
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("Where damage is everywhere a start ends at the limits of its effort, and says what nobody looked at")
    func limits() async throws {
        let filled = try HubStore.open(directory: directory.store)
        for sequence in 1...400 as ClosedRange<UInt64> {
            try await filled.insert(Samples.record(sequence, length: 5_000))
        }
        await filled.close()
        var bytes = try #require(FileManager.default.contents(atPath: directory.database))
        for page in stride(from: 100, to: bytes.count / 4096, by: 7) {
            for index in 0..<4096 { bytes[page * 4096 + index] = UInt8(truncatingIfNeeded: index &* 31) }
        }
        try bytes.write(to: URL(fileURLWithPath: directory.database))
        try Data("damage".utf8).write(to: URL(fileURLWithPath: directory.store + "/damaged"))
        let found = try FileManager.default.contentsOfDirectory(atPath: directory.store)

        var kept: [Int] = []
        for (probeCountMax, folder) in [(200_000, "patient"), (20, "hasty"), (0, "at once")] {
            let store = "\(directory.path)/\(folder)"
            try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: false)
            for name in found {
                try FileManager.default.copyItem(atPath: "\(directory.store)/\(name)", toPath: "\(store)/\(name)")
            }
            var options = StoreOptions()
            options.salvageProbeCountMax = probeCountMax
            let opened = try HubStore.openRecovering(
                directory: store, key: Samples.storageKey, quarantine: "\(store)-quarantine", now: Samples.time(9_000),
                options: options)
            let recovery = try #require(opened.recovery)
            #expect((recovery.skippedCount > 0) == (probeCountMax < 100), "\(recovery)")
            kept.append(
                try await opened.store.read { store throws(StoreFault) in
                    try store.records(RecordFilter(countMax: .max)).count { $0.bytesState == .present }
                })
            #expect(try await opened.store.verifyAll().damages == [])
            try await opened.store.insert(try Samples.record(1_000))
            await opened.store.close()
        }
        #expect(kept[0] > kept[1] && kept[1] >= kept[2] && kept[2] > 0, "\(kept)")
    }

    @Test("A store of which nothing can be read is replaced by an empty one, and kept")
    func nothingLeft() async throws {
        try await fill()
        try Data(repeating: 0x55, count: 40_000).write(to: URL(fileURLWithPath: directory.database))
        let (store, recovery) = try recovering()
        #expect(recovery?.keptCount == 0)
        #expect(try await store.read { store throws(StoreFault) in try store.records() }.isEmpty)
        try await store.insert(try Samples.record(1))
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test(
        "A missing commit sequence or database does not stop the start", arguments: ["commit-sequence", "store.sqlite"])
    func missing(name: String) async throws {
        try await fill()
        try FileManager.default.removeItem(atPath: directory.store + "/" + name)
        let (store, recovery) = try recovering()
        #expect(recovery != nil)
        let count = try await store.read { store throws(StoreFault) in try store.records().count }
        #expect(count == (name == "store.sqlite" ? 0 : 6))
        #expect(try await store.verifyAll().damages == [])
        await store.close()
    }

    @Test("A recovery that was cut off at any file is done again, and loses nothing")
    func interrupted() async throws {
        try await fill()
        try RawDatabase(path: directory.database).run("UPDATE devices SET firmware = '9.9.9'")
        let names = ["store.sqlite", "commit-sequence"]
        let files = FileManager.default
        let sound = try names.map { try #require(files.contents(atPath: directory.store + "/" + $0)) }
        for moved in 0...names.count {
            for installed in 0...(moved == names.count ? names.count : 0) {
                let scratch = try TemporaryDirectory()
                let folder = scratch.path + "/quarantine/store-1"
                try files.createDirectory(atPath: scratch.store, withIntermediateDirectories: true)
                try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try Data(folder.utf8).write(to: URL(fileURLWithPath: scratch.store + "/recovering"))
                for (index, name) in names.enumerated() {
                    let place = index < moved ? folder : scratch.store
                    try sound[index].write(to: URL(fileURLWithPath: place + "/" + name))
                    // Of a new store that is not whole.
                    if index < installed {
                        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: scratch.store + "/" + name))
                    }
                }
                let (store, recovery) = try HubStore.openRecovering(
                    directory: scratch.store, quarantine: scratch.path + "/quarantine", now: Samples.time())
                #expect(recovery?.damage == .recoveryUnfinished)
                let count = try await store.read { store throws(StoreFault) in try store.records().count }
                #expect(count == 6, "\(moved) moved, \(installed) installed")
                #expect(files.contents(atPath: folder + "/store.sqlite") == sound[0])
                #expect(try await store.verifyAll().damages == [])
                await store.close()
            }
        }
    }

    @Test("A damaged pending record is set aside with its bytes and named, and the others go on")
    func setAside() async throws {
        try await fill()
        try RawDatabase(path: directory.database).run(
            "DROP TRIGGER records_payload; UPDATE records SET payload = x'0102' WHERE sequence = 5")
        let (store, recovery) = try recovering()
        #expect(recovery == nil)
        let items = try await pending(store)
        #expect(items.records.map(\.value.sequence) == [6])
        #expect(items.damaged == [DamagedItem(item: 13, damage: .payload(table: "records", key: "13"))])
        let noticed = Samples.time(8_000)
        try await store.write { store throws(StoreFault) in try store.setAside(items.damaged, time: noticed) }
        let after = try await pending(store)
        #expect(after.damaged == [] && after.records.map(\.value.sequence) == [6])
        #expect(after.gaps.map(\.value.first) == [5] && after.audit.last?.value.type == .storageFault)
        let kept = try await store.read { store throws(StoreFault) in try store.quarantined() }
        #expect(kept.map(\.bytes) == [[1, 2]] && kept.map(\.sequence) == [5])
        let report = try await store.verifyAll()
        #expect(report.damages == [] && report.setAsideCount == 1)
        _ = try await store.cutBatch()
        #expect(try await pending(store).isEmpty)
        #expect(try await store.verifyAll().damages == [])
        await #expect(throws: StoreFault.refused(.itemNotPending(item: 13))) {
            try await store.write { store throws(StoreFault) in try store.setAside(items.damaged, time: noticed) }
        }
        await store.close()
    }

    @Test("Damage that a running program could not work around is cured at the next start")
    func condemned() async throws {
        try await fill()
        let store = try HubStore.open(directory: directory.store)
        await store.close()
        try store.condemn(for: .row(table: "batches", key: "1"))
        let (again, recovery) = try recovering()
        #expect(recovery?.damage == .foundInUse(detail: "\(StoreDamage.row(table: "batches", key: "1"))"))
        #expect(recovery?.lostCount == 0 && recovery?.gapCount == 0)
        await again.close()
        #expect(try recovering().recovery == nil)
    }
}
