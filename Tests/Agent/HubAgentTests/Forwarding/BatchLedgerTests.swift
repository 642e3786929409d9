import CORProtocol
import COSESigning
import Crypto
import Foundation
import HubCore
import HubStore
import Testing

@testable import HubAgent
@testable import KeyStore

@Suite("Batches of a backlog")
struct BatchLedgerTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString)").path
    private let store: HubStore
    private let ledger: BatchLedger

    init() throws {
        let reading = try TracedReading()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let keys = try FileKeyStore(folder: folder + "/identity")
        let life = CertificateLife(beginMilliseconds: 0, endMilliseconds: .max)
        let credentials = try [HubKeyUse.tls, .signing].map { use in
            HubIdentity.Credential(key: try keys.makeKey(for: use), chain: reading.hubChain, life: life)
        }
        let identity = HubIdentity(
            hubID: reading.hub, environment: TracedReading.environment, upstreamURL: "https://127.0.0.1",
            tls: credentials[0], signing: credentials[1], earlierSigning: [], upstreamCA: reading.trust.upstreamCA,
            receiptCertificate: reading.trust.receiptCertificate, receiptKey: reading.trust.receiptKey,
            receiptLogID: reading.trust.receiptLogID)
        let key = try #require(
            StorageKey(secret: [UInt8](repeating: 3, count: StorageKey.byteCount), protection: .file))
        store = try HubStore.open(directory: folder + "/store", key: key)
        ledger = BatchLedger(
            store: store, identity: IdentityInUse(identity),
            inForce: {
                (
                    SoftwareIdentity(version: "0.1.0", buildHash: [], configurationHash: .zero), ForwardingPolicy()
                )
            })
    }

    private func time(_ seconds: Int64) -> TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: UInt64(seconds), wallMilliseconds: seconds,
            sync: .never, rtcPresent: false)
    }

    /// A batch that was cut with more behind it, and the one that follows, signed ahead.
    private func backlog() async throws -> (first: OutstandingBatch, ahead: PreparedBatch) {
        let serial = try #require(DeviceSerial("COR1-LEDGER"))
        let epoch = Epoch.random()
        try await store.write { [store, time = time(1)] transaction throws(StoreFault) in
            try transaction.set(Setting.epoch, epoch.bytes)
            for sequence in 1...90 as ClosedRange<UInt64> {
                let bytes = [UInt8](repeating: UInt8(sequence), count: 10_000)
                let record = RecordItem(
                    recordID: .of(bytes), serial: serial, sequence: sequence, bytes: bytes, received: time, link: .udp,
                    trust: .attested, subject: SubjectID("subject-1"), backfilled: false, clockOffsetMilliseconds: nil)
                _ = try transaction.insert(
                    SealedRecord(record, kind: .sedimentationRun, cartridge: nil, for: store))
            }
        }
        let cut = try #require(try await ledger.cut(nil, at: time(2)))
        #expect(cut.hasMore)
        return (cut.batch, try #require(try await ledger.prepare(at: time(3))))
    }

    private func keep(
        _ status: ReceiptStatus, of batch: OutstandingBatch, cutting ahead: PreparedBatch?
    ) async throws -> (outstanding: OutstandingBatch?, cut: BatchLedger.Cut?) {
        let receipt = Receipt(
            hubID: ledger.identity.current.hubID, epoch: batch.position.epoch, sequence: batch.position.sequence,
            batchHash: batch.hash, logID: .zero, inclusion: status == .rejected ? nil : [1], upstreamMilliseconds: 4,
            status: status, reason: status == .rejected ? "test" : nil, nextSequence: batch.position.sequence + 1)
        let entry = AuditDraft(.receiptAccepted, actor: .agent, subject: "batch", outcome: .accepted, time: time(4))
        return try await ledger.keep(
            receipt, bytes: [9], naming: [], noting: entry, cutting: ahead, at: time(5))
    }

    private func commits() async throws -> UInt64 {
        try await store.read { reader throws(StoreFault) in reader.commitSequence }
    }

    @Test(
        "The next batch becomes durable with the receipt of the one before: one commit, and it waits for its own receipt"
    )
    func together() async throws {
        let (first, ahead) = try await backlog()
        let before = try await commits()
        let kept = try await keep(.accepted, of: first, cutting: ahead)
        #expect(try await commits() == before + 1)
        #expect(kept.outstanding == nil && kept.cut?.batch == ahead.outstanding)
        #expect(try await ledger.oldestOutstanding() == ahead.outstanding)
        // Once: where it is cut already, the same batch is not taken again.
        #expect(try await keep(.accepted, of: first, cutting: ahead).cut == nil)
        await store.close()
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test("Nothing is cut with a rejection, nor what is not what would be cut any more")
    func apart() async throws {
        let (first, ahead) = try await backlog()
        #expect(try await keep(.rejected, of: first, cutting: ahead).cut == nil)
        #expect(try await ledger.oldestOutstanding() == nil)

        let second = try #require(try await ledger.cut(nil, at: time(6)))
        let changed = try #require(try await ledger.prepare(at: time(7)))
        try await store.write { [time = time(8)] transaction throws(StoreFault) in
            _ = try transaction.setAside(
                [DamagedItem(item: changed.items.records[0].item, damage: .recoveryUnfinished)], time: time)
        }
        #expect(try await keep(.accepted, of: second.batch, cutting: changed).cut == nil)
        #expect(try await ledger.oldestOutstanding() == nil)
        await store.close()
        try FileManager.default.removeItem(atPath: folder)
    }
}
