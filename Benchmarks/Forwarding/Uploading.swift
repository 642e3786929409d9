import CORProtocol
import Glibc
import HubCore
import KeyStore
import UpstreamClient

/// Batches one after the other, signed and sent over TLS, each behind a verified receipt; nothing is stored.
struct Uploading {
    private let identity: HubIdentity
    private let upstream: HTTPSUpstream
    private let draft: BatchDraft
    private let verifier: ReceiptVerifier

    init(hub: BenchmarkHub) throws {
        identity = try hub.identity()
        upstream = try HTTPSUpstream(
            UpstreamURL(parsing: identity.upstreamURL),
            trust: HTTPTrust(
                anchors: identity.upstreamCA,
                credential: HTTPTrust.Credential(key: identity.tls.key, chain: identity.tls.chain), region: nil),
            clock: StandingClock())
        draft = BatchDraft(
            hub: identity.hubID,
            software: SoftwareIdentity(version: "bench", buildHash: [0], configurationHash: .zero),
            keyProtection: identity.keyProtection)
        verifier = ReceiptVerifier(
            hub: identity.hubID, environment: identity.environment, key: identity.receiptKey,
            logID: identity.receiptLogID)
    }

    func run(_ items: [RecordItem]) async throws {
        let policy = ForwardingPolicy()
        guard let epoch = Epoch(bytes: (0..<Epoch.byteCount).map { _ in UInt8.random(in: 0...255) }) else {
            throw BenchmarkFailure(step: "epoch")
        }
        var rest = items[...]
        var head: BatchHead?
        while !rest.isEmpty {
            var pending = PendingItems()
            while let item = rest.first,
                pending.isEmpty || pending.length + item.bytes.count <= policy.batchLengthMax
            {
                pending.records.append(.init(item: UInt64(rest.startIndex), value: item))
                pending.length += item.bytes.count
                rest.removeFirst()
            }
            head = try await send(pending, epoch: epoch, after: head)
        }
        upstream.close()
    }

    private func send(_ items: PendingItems, epoch: Epoch, after head: BatchHead?) async throws -> BatchHead {
        let now = StandingClock().now()
        guard let batch = draft.batch(of: items, epoch: epoch, after: head, at: now) else {
            throw BenchmarkFailure(step: "batch")
        }
        let signed = try SignedBatch.signing(
            batch, environment: identity.environment, chain: identity.signing.chain, signer: identity.batchSigner)
        let position = BatchPosition(epoch: epoch, sequence: batch.sequence)
        let outstanding = OutstandingBatch(position: position, hash: signed.hash, bytes: signed.bytes, cut: now)
        let outcome = await upstream.submit(batch: signed.bytes)
        guard case .receipt(let bytes) = outcome,
            case .genuine(let receipt, _) = verifier.verdict(on: bytes, for: outstanding), receipt.status != .rejected
        else { throw BenchmarkFailure(step: "submit: \(outcome)") }
        return BatchHead(position: position, hash: signed.hash)
    }
}

/// Nobody asks this hub for the time.
private struct StandingClock: HubClockReading {
    func now() -> TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: 1, count: 16), boottimeNanoseconds: 1, wallMilliseconds: 1, sync: .never,
            rtcPresent: false)
    }
}
