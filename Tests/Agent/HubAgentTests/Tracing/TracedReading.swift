import CORProtocol
import COSESigning
import Crypto
import DeviceSimulator
import ESRAnalysis
import Foundation
import HubCore
import KeyStore
import SwiftASN1
import UpstreamServer
import X509

@testable import HubAgent

/// One reading's whole chain of custody, with each signature made by whose it is. What a test changes, it changes before
/// `evidence` is asked for: whoever signs later signs what was changed.
struct TracedReading {
    static let environment = "test"
    let now = Date()
    let hub: HubID
    let device: DeviceIdentity
    let deviceAuthority: DeviceAuthority
    let upstream: CertificateAuthority
    let intake = RecordIntake(analyzer: ESRAnalyzer(), configurationHash: .of([1]))
    let hubKey = P256.Signing.PrivateKey()
    let receiptKey = P256.Signing.PrivateKey()
    let trust: TraceTrust

    var payload: RecordPayload
    var deviceChain: [[UInt8]]
    var deviceSigner: P256.Signing.PrivateKey
    /// In the store and in the batch.
    var changesResult: (AnalysisResult) -> AnalysisResult = { $0 }
    var hubChain: [[UInt8]]
    var hubSigner: P256.Signing.PrivateKey
    var changesBatch: (inout Batch) -> Void = { _ in }
    var changesInclusion: (inout InclusionProof) -> Void = { _ in }
    var receiptSigner: P256.Signing.PrivateKey
    /// In the store alone, after all was signed.
    var changesEvidence: (inout TraceEvidence) throws -> Void = { _ in }

    init() throws {
        guard let hub = HubID("hub-0001"), let serial = DeviceSerial("COR1-TRACE-1") else { throw Unmade() }
        self.hub = hub
        deviceAuthority = try DeviceAuthority()
        device = try DeviceIdentity(serial: serial, authority: deviceAuthority)
        upstream = try CertificateAuthority.making(
            commonName: "upstream", key: P256.Signing.PrivateKey(), at: now)
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer {
            do { try FileManager.default.removeItem(at: folder) } catch { print("\(folder) stays: \(error)") }
        }
        try Data(try deviceAuthority.certificatePEM.utf8).write(to: folder.appending(path: "ca.pem"))
        let receiptCertificate = try Self.der(
            upstream.issue(.receipt, commonName: "receipts", publicKey: .init(receiptKey.publicKey), at: now))
        hubChain = [
            try Self.der(
                upstream.issue(.hubSigning, commonName: hub.text, publicKey: .init(hubKey.publicKey), at: now))
        ]
        trust = TraceTrust(
            hub: hub, environment: Self.environment, upstreamCA: [try Self.der(upstream.certificate)],
            ownCertificates: [], receiptCertificate: receiptCertificate, receiptKey: .p256(receiptKey.publicKey),
            receiptLogID: .of(Array(receiptKey.publicKey.derRepresentation)),
            devices: DeviceCertificateVerifier(anchors: try DeviceTrustAnchors(folder: folder.path)))
        payload = RecordPayload(
            serial: serial, bootCounter: 3, sequence: 9,
            closed: DeviceTime(uptimeMilliseconds: 2_000_000, wallMilliseconds: Self.milliseconds(now)),
            body: .sedimentationRun(Self.run))
        (deviceChain, deviceSigner) = ([device.certificate], device.key)
        (hubSigner, receiptSigner) = (hubKey, receiptKey)
    }

    private struct Unmade: Error {}

    static func milliseconds(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970 * 1_000) }

    static func der(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    static let run = CORProtocol.SedimentationRun(
        cartridge: Cartridge(id: "CRT-1", lot: "LOT-1"),
        geometry: ColumnGeometry(profile: "esr-profile/short-60", columnMicrometres: 60_000, bloodPerMille: 800),
        calibrationID: "cal-1",
        start: StartEvent(
            time: DeviceTime(uptimeMilliseconds: 1_000, wallMilliseconds: 1_780_315_200_000),
            uncertaintyMilliseconds: 500),
        samplePeriodMilliseconds: 5_000, fallsMicrometres: (0..<361).map { Int32($0 * 17 + ($0 * 37) % 90) },
        temperature: SampleTrace(periodMilliseconds: 60_000, values: [20_500, 21_500]),
        tilt: SampleTrace(periodMilliseconds: 60_000, values: [100, 300]), end: .complete)

    private var time: TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: 1, wallMilliseconds: Self.milliseconds(now),
            sync: .synchronised, rtcPresent: true)
    }

    /// What the store would hold.
    func evidence() throws -> TraceEvidence {
        let record = try SignedRecord.signing(payload, chain: deviceChain, signer: P256COSESigner(deviceSigner))
        let item = RecordItem(
            recordID: record.id, serial: device.serial, sequence: payload.sequence, bytes: record.bytes, received: time,
            link: .usb, trust: .attested, subject: SubjectID("subject-1"), backfilled: false,
            clockOffsetMilliseconds: 40)
        guard let made = intake.result(of: record, item: item, facts: .init(isCartridgeUsed: false)) else {
            throw Unmade()
        }
        let result = changesResult(made)
        let before = SHA256Hash.of([5])
        guard let epoch = Epoch(bytes: [UInt8](repeating: 2, count: 16)) else { throw Unmade() }
        var content = Batch(
            hubID: hub, epoch: epoch, sequence: 4, previousHash: before, records: [item], gaps: [], results: [result],
            firmwareEvents: [], deviceEvents: [], audit: [],
            software: SoftwareIdentity(version: "0.1.0", buildHash: [], configurationHash: .of([1])), cut: time,
            keyProtection: .file)
        changesBatch(&content)
        let batch = try SignedBatch.signing(
            content, environment: Self.environment, chain: hubChain, signer: P256COSESigner(hubSigner))
        let position = BatchPosition(epoch: epoch, sequence: 4)
        let receipt = try receipt(of: batch)
        let summary = BatchSummary(
            number: 4, position: position, hash: batch.hash, previousHash: before, cut: time, itemCount: 2,
            length: batch.bytes.count, bytesState: .present, receipt: .accepted)
        let stored = RecordSummary(
            item: 1, recordID: record.id, serial: item.serial, sequence: item.sequence, kind: .sedimentationRun,
            cartridge: "CRT-1", length: record.bytes.count, received: item.received, link: item.link, trust: item.trust,
            subject: item.subject, backfilled: false, clockOffsetMilliseconds: item.clockOffsetMilliseconds,
            bytesState: .present, forwarding: .answered(position, .accepted))
        func passage(_ leaf: UInt64) -> RecordTrace.Passage {
            RecordTrace.Passage(batch: summary, leafIndex: leaf, receipt: receipt)
        }
        var evidence = TraceEvidence(
            trace: RecordTrace(
                record: StoredRecord(summary: stored, bytes: record.bytes), passage: passage(0),
                results: [RecordTrace.Result(item: 2, result: result, passage: passage(1))], quarantined: []),
            batches: [
                position: SignedBatchRow(
                    position: position, hash: batch.hash, previousHash: before, bytes: batch.bytes, cut: time)
            ], previousHashes: [position: before],
            registration: DeviceRegistration(
                serial: device.serial, state: .registered, changed: time,
                evidence: DeviceEvidence(
                    attestation: try attestation().bytes, certificateChain: [device.certificate])))
        try changesEvidence(&evidence)
        return evidence
    }

    func attestation(to other: HubID? = nil, signer: P256.Signing.PrivateKey? = nil) throws -> SignedAttestation {
        try SignedAttestation.signing(
            AttestationPayload(
                nonce: [UInt8](repeating: 1, count: CORLimits.nonceLength), hub: other ?? hub, serial: device.serial,
                link: .usb, bootCounter: 3), certificate: device.certificate,
            signer: P256COSESigner(signer ?? device.key))
    }

    private func receipt(of batch: SignedBatch) throws -> StoredReceipt {
        var log = ReceiptLog()
        _ = log.append([1])
        var (proof, root) = log.append(batch.hash.bytes)
        changesInclusion(&proof)
        let inclusion = try InclusionReceipt.signing(proof: proof, root: root, signer: P256COSESigner(receiptKey))
        let receipt = Receipt(
            hubID: hub, epoch: batch.batch.epoch, sequence: batch.batch.sequence, batchHash: batch.hash,
            logID: trust.receiptLogID, inclusion: inclusion.bytes, upstreamMilliseconds: time.wallMilliseconds,
            status: .accepted, reason: nil, nextSequence: batch.batch.sequence + 1)
        let signed = try SignedReceipt.signing(
            receipt, environment: Self.environment, certificate: trust.receiptCertificate,
            signer: P256COSESigner(receiptSigner))
        return StoredReceipt(receipt: receipt, bytes: signed.bytes)
    }

    func checks() async throws -> [TraceCheck] {
        await TraceVerification(trust: trust, intake: intake).checks(of: try evidence())
    }

    /// The steps that do not hold.
    func broken() async throws -> [TraceCheck.Step] {
        try await checks().filter { $0.outcome == .broken }.map(\.step)
    }
}

extension TraceEvidence {
    /// Changes the stored receipt wherever it is looked at.
    mutating func setReceipt(_ receipt: StoredReceipt) {
        trace.passage?.receipt = receipt
        for index in trace.results.indices { trace.results[index].passage?.receipt = receipt }
    }

    mutating func setBatch(_ bytes: [UInt8]) {
        for position in batches.keys { batches[position]?.bytes = bytes }
    }
}
