import CORProtocol
import Crypto
import Foundation
import HubCore
import Testing
import TextEncodings

@testable import HubStore

@Suite("Content is sealed on the disk (threat 17)")
struct SealingTests {
    private static let canary: [UInt8] = Array("haematocrit of a person".utf8)
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static func record(_ sequence: UInt64) throws -> RecordItem {
        var record = try Samples.record(sequence, length: 3_000)
        record.bytes.replaceSubrange(1_000..<1_000 + canary.count, with: canary)
        record.recordID = .of(record.bytes)
        return record
    }

    /// Every file below the folder, and whether it holds the canary.
    private func filesWithCanary() throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
        return names.filter { name in
            let contents = FileManager.default.contents(atPath: directory.path + "/" + name)
            // The second is how the samples' batches begin.
            return [Self.canary, Array("batch 0101".utf8)].contains { contents?.range(of: Data($0)) != nil }
        }
    }

    @Test("No content lies on the disk as it is, in the database or its log, before and after a checkpoint")
    func atRest() async throws {
        let store = try HubStore.open(directory: directory.store)
        let record = try Self.record(1)
        try await store.insert(record)
        let serial = try Samples.serial()
        try await store.write { store throws(StoreFault) in
            try store.quarantine(
                serial: serial, sequence: 9, bytes: record.bytes, reason: "signature", time: Samples.time())
            try store.appendAudit(
                type: .start, actor: AuditActor(component: "test"), subject: "store", outcome: "ok",
                time: Samples.time(), detail: String(decoding: Self.canary, as: UTF8.self))
        }
        _ = try await store.cutBatch()
        #expect(try filesWithCanary() == [])
        let files = try RawFiles(directory: directory.store)
        #expect(files.contents["store.sqlite-wal"].map { $0.count > 10_000 } == true)
        await store.close()
        #expect(try filesWithCanary() == [])
        #expect(try RawDatabase(path: directory.database).integer("SELECT sum(length) FROM records") == 3_000)
        let again = try HubStore.open(directory: directory.store)
        #expect(
            try await again.read { store throws(StoreFault) in try store.record(id: record.recordID)?.bytes }
                == record.bytes)
        #expect(try await again.verifyAll().damages == [])
        await again.close()
    }

    @Test("A sealed payload is what the decision says: anyone with the key can open it")
    func form() async throws {
        let secret = (0..<32).map { UInt8($0) }
        let key = Samples.storageKey(secret: secret)
        let content = Self.canary
        let sealed = ContentSeal(key).seal(content, hash: .of(content), in: .records)
        #expect(sealed.count == content.count + 37 && sealed[0] == 1)
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Array("corhub store content".utf8), outputByteCount: 32)
        let box = try ChaChaPoly.SealedBox(combined: sealed[9...])
        let associated = Array(sealed[..<9]) + SHA256.hash(data: content) + Array("records".utf8)
        #expect(try Array(ChaChaPoly.open(box, using: derived, authenticating: associated)) == content)
        #expect(Array(sealed[1..<9]) == key.id)
    }

    @Test("No nonce is used twice, whatever the content")
    func nonces() {
        let seal = ContentSeal(Samples.storageKey)
        let sealed = (0..<2_000).map { _ in seal.seal(Self.canary, hash: .of(Self.canary), in: .records) }
        #expect(Set(sealed.map { Array($0[9..<21]) }).count == sealed.count)
    }

    @Test("Every flipped bit of a sealed payload is noticed, and so is one cut short, of another row, table or key")
    func flips() {
        let seal = ContentSeal(Samples.storageKey)
        let hash = SHA256Hash.of(Self.canary)
        let sealed = seal.seal(Self.canary, hash: hash, in: .records)
        #expect(seal.content(of: sealed, hash: hash, in: .records) == Self.canary)
        for bit in 0..<sealed.count * 8 {
            var flipped = sealed
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(seal.content(of: flipped, hash: hash, in: .records) == nil)
        }
        for length in 0..<sealed.count {
            #expect(seal.content(of: Array(sealed.prefix(length)), hash: hash, in: .records) == nil)
        }
        #expect(seal.content(of: sealed, hash: .of([1]), in: .records) == nil)
        #expect(seal.content(of: sealed, hash: hash, in: .results) == nil)
        #expect(seal.content(of: Self.canary, hash: hash, in: .records) == nil)
        let other = ContentSeal(Samples.storageKey(secret: [UInt8](repeating: 9, count: 32)))
        #expect(other.content(of: sealed, hash: hash, in: .records) == nil)
    }

    @Test("A pending record with a flipped byte is set aside and named, and the others go on")
    func flippedInUse() async throws {
        var store = try HubStore.open(directory: directory.store)
        for sequence in 1...2 as ClosedRange<UInt64> { try await store.insert(try Self.record(sequence)) }
        await store.close()
        try RawDatabase(path: directory.database).run(
            """
            DROP TRIGGER records_payload;
            UPDATE records SET payload = CAST(substr(payload, 1, 50) || x'FF' || substr(payload, 52) AS BLOB)
            WHERE item = 1
            """)
        store = try HubStore.open(directory: directory.store)
        let pending = try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: 1 << 20, countMax: 100)
        }
        #expect(pending.damaged == [DamagedItem(item: 1, damage: .payload(table: "records", key: "1"))])
        #expect(pending.records.map(\.item) == [2])
        try await store.write { store throws(StoreFault) in
            try store.setAside(pending.damaged, time: Samples.time())
        }
        let serial = try Samples.serial()
        #expect(try await store.read { store throws(StoreFault) in try store.gaps(of: serial).map(\.first) } == [1])
        #expect(try await store.verifyAll().isSound)
        await store.close()
    }

    @Test("Another key is refused, whether the store is sound or not, and changes nothing")
    func otherKey() async throws {
        let store = try HubStore.open(directory: directory.store)
        let record = try Self.record(1)
        try await store.insert(record)
        await store.close()
        let other = Samples.storageKey(secret: [UInt8](repeating: 9, count: 32))
        let refusal = StoreFault.otherKey(
            expected: Hexadecimal.text(of: Samples.storageKey.id), found: Hexadecimal.text(of: other.id))
        #expect(throws: refusal) { try HubStore.open(directory: directory.store, key: other) }
        try RawDatabase(path: directory.database).run("UPDATE state SET item_head = 9")
        for _ in 1...2 {
            #expect(throws: refusal) {
                try HubStore.openRecovering(
                    directory: directory.store, key: other, quarantine: directory.path + "/quarantine",
                    now: Samples.time())
            }
        }
        let (salvaged, recovery) = try HubStore.openRecovering(
            directory: directory.store, quarantine: directory.path + "/quarantine", now: Samples.time())
        #expect(recovery != nil)
        #expect(
            try await salvaged.read { store throws(StoreFault) in try store.record(id: record.recordID)?.bytes }
                == record.bytes)
        #expect(try filesWithCanary() == [])
        await salvaged.close()
    }

    @Test("A store that is there asks for its key; no store, an empty one and one of the first format do not")
    func neededKey() async throws {
        #expect(try !HubStore.needsExistingKey(directory: directory.store))
        try FirstFormat.write(to: directory.store)
        #expect(try !HubStore.needsExistingKey(directory: directory.store))
        let store = try HubStore.open(directory: directory.store)
        #expect(try HubStore.needsExistingKey(directory: directory.store))
        await store.close()
        #expect(try HubStore.needsExistingKey(directory: directory.store))
        try Data("no database".utf8).write(to: URL(fileURLWithPath: directory.database))
        #expect(try HubStore.needsExistingKey(directory: directory.store))
        try Data().write(to: URL(fileURLWithPath: directory.database))
        #expect(try !HubStore.needsExistingKey(directory: directory.store))
    }
}
