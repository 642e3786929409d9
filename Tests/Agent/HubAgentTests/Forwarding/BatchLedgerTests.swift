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

    /// A batch that was cut with more behind it, and the one that was cut while it is on its way.
    private func backlog() async throws -> (first: OutstandingBatch, ahead: OutstandingBatch) {
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
        let cut = try #require(try await ledger.cut(at: time(2)))
        #expect(cut.hasMore)
        let ahead = try #require(try await ledger.cutAhead(at: time(3)))
        #expect(ahead.batch.position.sequence == 2)
        return (cut.batch, ahead.batch)
    }

    private func keep(
        _ status: ReceiptStatus, of batch: OutstandingBatch, behind: BatchesBehind
    ) async throws -> (outstanding: OutstandingBatch?, ahead: BatchCut?) {
        let receipt = Receipt(
            hubID: ledger.identity.current.hubID, epoch: batch.position.epoch, sequence: batch.position.sequence,
            batchHash: batch.hash, logID: .zero, inclusion: status == .rejected ? nil : [1], upstreamMilliseconds: 4,
            status: status, reason: status == .rejected ? "test" : nil, nextSequence: batch.position.sequence + 1)
        let entry = AuditDraft(.receiptAccepted, actor: .agent, subject: "batch", outcome: .accepted, time: time(4))
        return try await ledger.keep(
            receipt, bytes: [9], naming: [], noting: entry, behind: behind, at: time(5))
    }

    private func commits() async throws -> UInt64 {
        try await store.read { reader throws(StoreFault) in reader.commitSequence }
    }

    /// Sequences of the device's records that wait, in their order, and those that the batch holds.
    private func pending() async throws -> [UInt64] {
        try await store.read { reader throws(StoreFault) in
            try reader.pendingItems(lengthMax: 10_000_000, countMax: 1_000).records.map(\.value.sequence)
        }
    }

    private func end() async throws {
        await store.close()
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test("One batch is ahead of the one on its way, and no second")
    func one() async throws {
        let (first, ahead) = try await backlog()
        #expect(try await ledger.cutAhead(at: time(6)) == nil)
        #expect(try await ledger.oldestOutstanding() == first)
        #expect(try await keep(.accepted, of: first, behind: .stay).outstanding == ahead)
        try await end()
    }

    @Test("The batch after the next becomes durable with the receipt of the one before: one commit for each batch")
    func together() async throws {
        let (first, ahead) = try await backlog()
        let before = try await commits()
        let kept = try await keep(.accepted, of: first, behind: .areFollowed)
        #expect(try await commits() == before + 1)
        #expect(kept.outstanding == ahead && kept.ahead?.batch.position.sequence == 3)
        // A second answer stores nothing, and so no batch is cut with it.
        #expect(try await keep(.accepted, of: first, behind: .areFollowed).ahead == nil)
        try await end()
    }

    @Test("A rejection withdraws the batch behind: its items go with the next cut, in their order, under its sequence")
    func withdrawn() async throws {
        let (first, ahead) = try await backlog()
        let waited = try await pending()
        let kept = try await keep(.rejected, of: first, behind: .areWithdrawn)
        #expect(kept.outstanding == nil && kept.ahead == nil)
        #expect(try await ledger.batch(ahead.position) == nil)
        let back = try await pending()
        #expect(back.count > waited.count && back == Array((91 - UInt64(back.count))...90))
        let second = try #require(try await ledger.cut(at: time(6)))
        #expect(second.batch.position == ahead.position && second.batch.hash != ahead.hash)
        let signed = try SignedBatch(decoding: second.batch.bytes).batch
        #expect(signed.previousHash == first.hash && signed.records.first?.sequence == back.first)
        // A second answer withdraws nothing: what is there now may have been sent.
        _ = try await keep(.rejected, of: first, behind: .areWithdrawn)
        #expect(try await ledger.oldestOutstanding() == second.batch)
        #expect(try await store.verifyAll().isSound)
        try await end()
    }

    @Test("A new epoch carries what the batch on its way and the one ahead of it hold")
    func renewed() async throws {
        _ = try await backlog()
        try await ledger.renewEpoch(
            AuditDraft(.epochRenewed, actor: .agent, subject: "batch", outcome: .done, time: time(6)), lost: nil)
        #expect(try await pending() == Array(1...90))
        #expect(try await ledger.oldestOutstanding() == nil)
        try await end()
    }

    @Test("Less than a full batch is not cut ahead: it waits for company")
    func notAhead() async throws {
        var (first, _) = try await backlog()
        for _ in 0..<4 {
            guard let outstanding = try await keep(.accepted, of: first, behind: .areFollowed).outstanding else {
                break
            }
            first = outstanding
        }
        _ = try await ledger.cut(at: time(7))
        #expect(try await ledger.cutAhead(at: time(8)) == nil)
        try await end()
    }
}
