package import CORProtocol
import COSESigning
import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// Takes a hub's batch from its bytes to a durable place in the ledger and a signed receipt.
///
/// The order of the checks is the order of trust: first whether the bytes name a batch, then whether the caller may send
/// it, then whether the hub signed it for this environment, then its place in the history, and its contents last.
package struct BatchReceiver: Sendable {
    private let environment: String
    private let authority: CertificateTrust
    private let inspector: DeviceRecordInspector
    private let reportInspector: StateReportInspector
    private let desk: EnrolmentDesk
    private let ledger: LedgerDatabase
    private let registry: DeviceRegistry
    private let clock: UpstreamClock

    package init(
        folder: StateFolder, inspector: DeviceRecordInspector, reportInspector: StateReportInspector,
        desk: EnrolmentDesk, ledger: LedgerDatabase,
        registry: DeviceRegistry, clock: @escaping UpstreamClock
    ) {
        environment = folder.settings.environment
        authority = CertificateTrust(anchors: folder.roots)
        self.inspector = inspector
        self.reportInspector = reportInspector
        self.desk = desk
        self.ledger = ledger
        self.registry = registry
        self.clock = clock
    }

    /// - Parameter sender: the hub that TLS vouches for.
    /// - Returns: once it is on the disk.
    package func receive(_ bytes: [UInt8], from sender: HubID) async throws(BatchReceptionRefusal) -> Reception {
        let envelope: BatchEnvelope
        do throws(EnvelopeRefusal) { envelope = try BatchEnvelope(decoding: bytes) } catch { throw .malformed(error) }

        guard envelope.hub == sender else {
            try await raise(.wrongHub, "a batch of \(envelope.hub.text)", of: sender)
            throw .wrongHub
        }
        if let reason = try await signatureRefusal(of: envelope) {
            try await raise(.signatureRefused, "\(reason), epoch \(envelope.epoch.hex)", of: sender)
            throw .signature(reason)
        }
        let contents = await contents(of: envelope)
        let reception: Reception
        do throws(LedgerFailure) {
            reception = try await ledger.receive(envelope, contents: contents)
        } catch {
            throw .ledger(error)
        }
        try await noteReports(in: contents, of: sender, reception)
        return reception
    }

    /// Before the receipt goes out, so that a batch that is cut off here comes again, and its reports with it.
    private func noteReports(
        in contents: Contents, of hub: HubID, _ reception: Reception
    ) async throws(BatchReceptionRefusal) {
        guard case .sound(let signed, _) = contents, !signed.batch.firmwareEvents.isEmpty,
            case .receipt(let bytes) = reception, let receipt = try? SignedReceipt(decoding: bytes).receipt,
            receipt.status != .rejected
        else { return }
        let reports = await reportInspector.inspect(signed.batch.firmwareEvents, from: hub, at: clock())
        do throws(SQLiteFailure) {
            try await registry.note(reports, from: hub)
        } catch {
            throw .ledger(.storage(error))
        }
    }

    package enum Reception: Sendable, Hashable {
        case receipt([UInt8])
        case conflict(LedgerConflict)
    }

    /// What a batch holds, as far as it can be judged without the history.
    package enum Contents: Sendable {
        case sound(SignedBatch, [SignedRecord])
        case unsound(reason: String)
    }

    private func signatureRefusal(of envelope: BatchEnvelope) async throws(BatchReceptionRefusal) -> String? {
        let chain = envelope.cose.unprotected.certificateChain
        let certificate: Certificate
        switch await authority.verdict(chain: chain, at: Self.signingTime(of: chain, now: Date(milliseconds: clock())))
        {
        case .trusted(let leaf, _): certificate = leaf
        case .refused(let reason): return "signing certificate: \(reason)"
        }
        guard CertificateRole(of: certificate) == .hubSigning else {
            return "signing certificate: not issued for signing batches"
        }
        guard certificate.commonName == envelope.hub.text else { return "signing certificate: another hub's" }
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else { return "signing key: not on P-256" }
        let context = COSEContext.externalAAD(type: CORContext.batch, environment: environment)
        do throws(SQLiteFailure) {
            guard try await desk.standing(ofThumbprint: SHA256Hash.of(chain[0])) == .good else {
                return "signing certificate: revoked"
            }
            if case .refused(let reason) = envelope.cose.verification(externalAAD: context, key: .p256(key)) {
                return "signature: \(reason)"
            }
            try await desk.noteUse(ofThumbprint: SHA256Hash.of(chain[0]))
        } catch {
            throw .ledger(.storage(error))
        }
        return nil
    }

    /// A batch may have waited on a hub for longer than its certificate lived, and who sends it is known by TLS: so an expired
    /// certificate is judged by its last moment. It is still one that was not revoked.
    private static func signingTime(of chain: [[UInt8]], now: Date) -> Date {
        guard let der = chain.first, der.count <= CertificateTrust.certificateLengthMax,
            let leaf = try? Certificate(derEncoded: der)
        else { return now }
        return min(now, leaf.notValidAfter)
    }

    private func contents(of envelope: BatchEnvelope) async -> Contents {
        let signed: SignedBatch
        do throws(BatchRefusal) {
            signed = try SignedBatch(decoding: envelope.bytes)
        } catch {
            return .unsound(reason: error.reason)
        }
        switch await inspector.inspect(signed.batch.records, at: clock()) {
        case .sound(let records): return .sound(signed, records)
        case .unsound(let reason): return .unsound(reason: reason)
        }
    }

    private func raise(
        _ kind: Alarm.Kind, _ detail: String, of hub: HubID
    ) async throws(BatchReceptionRefusal) {
        do throws(LedgerFailure) {
            try await ledger.raise(Alarm(kind: kind, detail: detail), of: hub)
        } catch {
            throw .ledger(error)
        }
    }
}

/// Why a batch got no receipt, not even a rejecting one.
package enum BatchReceptionRefusal: Error, Sendable, Hashable {
    case malformed(EnvelopeRefusal)
    /// The batch names another hub than the sender.
    case wrongHub
    case signature(String)
    case ledger(LedgerFailure)
}
