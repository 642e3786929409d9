import CORProtocol
import COSESigning
import Crypto
import DeviceSimulator
import Foundation
import HubCore
import KeyStore
import Testing
import UpstreamServer
import X509

@testable import HubAgent

@Suite("Threats 7 and 15: whichever link of a reading's chain was changed, the trace names that one")
struct TraceTamperTests {
    private var reading: TracedReading

    init() throws {
        reading = try TracedReading()
    }

    @Test("Every step of an untouched reading holds, and names what it rests on")
    func untouched() async throws {
        let checks = try await reading.checks()
        #expect(checks.allSatisfy { $0.outcome == .holds }, "\(checks.filter { $0.outcome != .holds })")
        #expect(Set(checks.map(\.step)) == Set(TraceCheck.Step.allCases))
        let maker = try TrustedAuthority(
            certificate: TracedReading.der(reading.deviceAuthority.certificate))
        let upstream = try TrustedAuthority(certificate: TracedReading.der(reading.upstream.certificate))
        let receipts = TrustedAuthority(certificate: reading.trust.receiptCertificate)
        for check in checks {
            let expected: TraceAnchor =
                switch check.step {
                case .recordID, .analysis, .batch: .content
                case .deviceCertificate, .deviceSignature, .deviceAttestation: .deviceAuthority(maker)
                case .reception, .batchItem, .batchChain, .hubCertificate, .batchSignature: .upstreamAuthority(upstream)
                case .receipt, .receiptInclusion: .receiptCertificate(receipts)
                case .analysisRepeated: check.anchor
                }
            #expect(check.anchor == expected, "\(check.step)")
        }
        #expect(maker?.name.contains("COR One test device CA") == true)
    }

    @Test("A changed sample: the bytes have another id")
    mutating func sample() async throws {
        let original = reading.payload
        var run = TracedReading.run
        run.fallsMicrometres[100] = run.fallsMicrometres[100].map { $0 + 1 }
        var changed = original
        changed.body = .sedimentationRun(run)
        let bytes = try SignedRecord.signing(
            changed, chain: reading.deviceChain, signer: P256COSESigner(reading.device.key)
        ).bytes
        reading.changesEvidence = { $0.trace.record.bytes = bytes }
        #expect(try await reading.broken() == [.recordID])
    }

    @Test("A record that another key signed")
    mutating func deviceSignature() async throws {
        reading.deviceSigner = P256.Signing.PrivateKey()
        #expect(try await reading.broken() == [.deviceSignature])
    }

    @Test("A device certificate of an authority that nobody trusts, or of another device")
    mutating func deviceCertificate() async throws {
        reading.deviceChain = [reading.device.untrustedCertificate]
        #expect(try await reading.broken() == [.deviceCertificate])
        reading.deviceChain = [reading.device.otherSerialCertificate]
        #expect(try await reading.broken() == [.deviceCertificate])
    }

    @Test("An attestation that another key signed, to another hub, or with another device's certificate")
    mutating func attestation() async throws {
        let device = reading.device
        let forged = try reading.attestation(signer: P256.Signing.PrivateKey()).bytes
        let elsewhere = try reading.attestation(to: HubID("hub-0002")).bytes
        for bytes in [forged, elsewhere, []] {
            reading.changesEvidence = { $0.registration?.evidence?.attestation = bytes }
            #expect(try await reading.broken() == [.deviceAttestation])
        }
        for certificate in [device.untrustedCertificate, device.otherSerialCertificate] {
            reading.changesEvidence = { $0.registration?.evidence?.certificateChain = [certificate] }
            #expect(try await reading.broken() == [.deviceAttestation])
        }
    }

    @Test("A reception that is told otherwise than the hub had signed it")
    mutating func reception() async throws {
        let changes: [(inout RecordSummary) -> Void] = [
            { $0.link = .ble }, { $0.received.wallMilliseconds += 1 }, { $0.backfilled = true },
            { $0.clockOffsetMilliseconds = nil },
        ]
        for change in changes {
            reading.changesEvidence = { change(&$0.trace.record.summary) }
            let broken = try await reading.broken()
            // Whether a run is backfilled is an input of its analysis.
            #expect(broken.filter { $0 != .analysisRepeated } == [.reception])
        }
    }

    @Test("A result that the analysis does not lead to, and one of another record")
    mutating func analysis() async throws {
        func made(_ result: AnalysisResult, inputs: [SHA256Hash]? = nil, above: Int64 = 0) -> AnalysisResult {
            var output = result.output
            output.centiMillimetresPerHour = (output.centiMillimetresPerHour ?? 0) + above
            return AnalysisResult(
                inputs: inputs ?? result.inputs, algorithm: result.algorithm, made: result.made,
                subject: result.subject, output: output, configurationHash: result.configurationHash)
        }
        reading.changesResult = { made($0, above: 1) }
        #expect(try await reading.broken() == [.analysisRepeated])
        reading.changesResult = { made($0, inputs: [.of([6])]) }
        #expect(try await reading.broken() == [.analysis])
        // Changed in the store alone: then the batch does not carry it either.
        reading.changesResult = { $0 }
        reading.changesEvidence = { $0.trace.results[0].result = made($0.trace.results[0].result, above: 1) }
        #expect(try await reading.broken() == [.analysisRepeated, .batchItem])
    }

    @Test("A batch whose bytes were changed, or that is another place's")
    mutating func batch() async throws {
        reading.changesEvidence = { evidence in
            guard var bytes = evidence.batches.values.first?.bytes else { return }
            bytes[bytes.count / 2] ^= 1
            evidence.setBatch(bytes)
        }
        #expect(try await reading.broken() == [.batch])
        reading.changesEvidence = { _ in }
        reading.changesBatch = { $0.previousHash = .of([6]) }
        #expect(try await reading.broken() == [.batchChain])
    }

    @Test("A batch that another key signed")
    mutating func batchSignature() async throws {
        reading.hubSigner = P256.Signing.PrivateKey()
        #expect(try await reading.broken() == [.batchSignature])
    }

    @Test("A hub certificate of another authority, and of another hub under the right one")
    mutating func hubCertificate() async throws {
        let stranger = try CertificateAuthority.making(
            commonName: "upstream", key: P256.Signing.PrivateKey(), at: reading.now)
        for (authority, name) in [(stranger, "hub-0001"), (reading.upstream, "hub-0002")] {
            reading.hubChain = [
                try TracedReading.der(
                    authority.issue(
                        .hubSigning, commonName: name, publicKey: .init(reading.hubKey.publicKey), at: reading.now))
            ]
            #expect(try await reading.broken() == [.hubCertificate])
        }
        // An authority is no signer of batches, and one of next week did not sign today's.
        reading.hubChain = [try TracedReading.der(reading.upstream.certificate)]
        #expect(try await reading.broken() == [.hubCertificate])
        reading.hubChain = [
            try TracedReading.der(
                reading.upstream.issue(
                    .hubSigning, commonName: "hub-0001", publicKey: .init(reading.hubKey.publicKey),
                    at: reading.now.addingTimeInterval(7 * 86_400)))
        ]
        #expect(try await reading.broken() == [.hubCertificate])
    }

    @Test("What a batch does not carry, or carries as another leaf")
    mutating func batchItem() async throws {
        reading.changesBatch = { $0.records[0].bytes = [1] }
        #expect(try await reading.broken() == [.batchItem])
        reading.changesBatch = { $0.records = [] }
        // The result is another leaf then.
        #expect(try await reading.broken() == [.batchItem, .batchItem])
        reading.changesBatch = { _ in }
        reading.changesEvidence = { $0.trace.passage?.leafIndex = 1 }
        #expect(try await reading.broken() == [.batchItem])
    }

    @Test("A receipt that another key signed, and one for another batch")
    mutating func receipt() async throws {
        reading.receiptSigner = P256.Signing.PrivateKey()
        #expect(try await reading.broken() == [.receipt])
        reading.receiptSigner = reading.receiptKey
        let other = try #require(try reading.evidence().trace.passage?.receipt)
        // Signatures differ each time, so this is a receipt for other bytes.
        reading.changesEvidence = { $0.setReceipt(other) }
        #expect(try await reading.broken() == [.receipt])
    }

    @Test("A proof of inclusion that leads to another root, though the receipt around it is the upstream's")
    mutating func inclusion() async throws {
        reading.changesInclusion = { $0.path[0] = .of([6]) }
        #expect(try await reading.broken() == [.receiptInclusion])
        reading.changesInclusion = { $0.leafIndex = 0 }
        #expect(try await reading.broken() == [.receiptInclusion])
    }

    @Test("A flipped bit anywhere in record, batch, receipt or attestation breaks exactly one step")
    mutating func flips() async throws {
        let sound = try reading.evidence()
        let verification = TraceVerification(trust: reading.trust, intake: reading.intake)
        let changes: [(length: Int, (inout TraceEvidence, Int) -> Void)] = [
            (sound.trace.record.bytes?.count ?? 0, { $0.trace.record.bytes?[$1] ^= 1 << UInt8($1 % 8) }),
            (
                sound.registration?.evidence?.attestation.count ?? 0,
                { $0.registration?.evidence?.attestation[$1] ^= 1 << UInt8($1 % 8) }
            ),
            (
                sound.trace.passage?.receipt?.bytes.count ?? 0,
                { evidence, index in
                    guard var receipt = evidence.trace.passage?.receipt else { return }
                    receipt.bytes[index] ^= 1 << UInt8(index % 8)
                    evidence.setReceipt(receipt)
                }
            ),
            (
                sound.batches.values.first?.bytes?.count ?? 0,
                { evidence, index in
                    guard var bytes = evidence.batches.values.first?.bytes else { return }
                    bytes[index] ^= 1 << UInt8(index % 8)
                    evidence.setBatch(bytes)
                }
            ),
        ]
        for (kind, (length, change)) in changes.enumerated() {
            #expect(length > 100)
            for index in stride(from: kind % 3, to: length, by: 13) {
                var changed = sound
                change(&changed, index)
                let broken = await verification.checks(of: changed).filter { $0.outcome == .broken }
                #expect(broken.count == 1, "part \(kind), byte \(index): \(broken)")
            }
        }
    }

    @Test("What is gone behind a receipt is open, and what still proves it is looked at")
    mutating func pruned() async throws {
        reading.changesEvidence = { evidence in
            evidence.trace.record.bytes = nil
            evidence.trace.record.summary.bytesState = .pruned
        }
        // The batch still carries the bytes.
        #expect(try await reading.checks().allSatisfy { $0.outcome == .holds })
        reading.changesEvidence = { evidence in
            evidence.trace.record.bytes = nil
            evidence.trace.record.summary.bytesState = .pruned
            for position in evidence.batches.keys { evidence.batches[position]?.bytes = nil }
        }
        let checks = try await reading.checks()
        #expect(!checks.contains { $0.outcome == .broken })
        #expect(
            Set(checks.filter { $0.outcome == .holds }.map(\.step))
                == [.deviceAttestation, .analysis, .receipt, .receiptInclusion])
    }

    @Test("A result that travelled after its record has its own batch and receipt checked")
    mutating func ownBatch() async throws {
        var later = try TracedReading()
        later.changesBatch = { $0.sequence = 5 }
        let other = try later.evidence()
        var passage = try #require(other.trace.results[0].passage)
        let position = BatchPosition(epoch: passage.batch.position.epoch, sequence: 5)
        (passage.batch.position, passage.batch.number) = (position, 5)
        let row = try #require(other.batches.values.first)
        reading.changesEvidence = { evidence in
            evidence.trace.results[0].passage = passage
            evidence.batches[position] = row
            evidence.previousHashes[position] = row.previousHash
        }
        let checks = try await reading.checks()
        let steps = { (sequence: UInt64) in
            checks.filter { check in
                if case .batch(let position) = check.subject { position.sequence == sequence } else { false }
            }.map(\.step)
        }
        #expect(Set(steps(4)) == Set(steps(5)) && steps(5).count == 6)
        // It is of another hub key, authority and receipt key: all that the second batch rests on is refused.
        let broken = checks.filter { $0.outcome == .broken }
        #expect(broken.map(\.step) == [.hubCertificate, .receipt])
        #expect(broken.allSatisfy { $0.subject == .batch(position) })
    }
}
