package import CORProtocol
import COSESigning
import Crypto
import FoundationEssentials
import SwiftASN1
package import X509

/// Checks the device's own signature and identity under every record of a batch.
package struct DeviceRecordInspector: Sendable {
    private let trust: CertificateTrust

    /// - Parameter anchors: the certificates of the makers' device authorities.
    package init(anchors: [Certificate]) {
        trust = CertificateTrust(anchors: anchors)
    }

    /// - Parameter now: the upstream's time, for records whose hub had no trustworthy clock.
    package func inspect(_ items: [RecordItem], at now: Int64) async -> Inspection {
        var verdicts: [ChainCheck: CertificateVerdict] = [:]
        var records: [SignedRecord] = []
        for (index, item) in items.enumerated() {
            let record: SignedRecord
            do throws(RecordRefusal) {
                record = try SignedRecord(decoding: item.bytes)
            } catch {
                return .unsound(reason: "record \(index): \(error)")
            }
            guard record.payload.serial == item.serial, record.payload.sequence == item.sequence else {
                return .unsound(reason: "record \(index): serial or sequence is not the one that the device signed")
            }
            guard record.id == item.recordID else {
                return .unsound(reason: "record \(index): the record id is not that of the record")
            }
            let check = ChainCheck(
                chain: record.certificateChain, trust: item.trust,
                time: item.received.sync == .synchronised ? item.received.wallMilliseconds : now)
            let verdict: CertificateVerdict
            if let known = verdicts[check] {
                verdict = known
            } else {
                verdict = await self.verdict(on: check)
                verdicts[check] = verdict
            }
            if let reason = Self.refusal(of: record, under: verdict) {
                return .unsound(reason: "record \(index): \(reason)")
            }
            records.append(record)
        }
        return .sound(records)
    }

    package enum Inspection: Sendable, Hashable {
        /// The records in the order of the items.
        case sound([SignedRecord])
        case unsound(reason: String)
    }

    /// A device sends hundreds of records under one chain, received at times that matter only to the day.
    private struct ChainCheck: Hashable {
        private static let dayMilliseconds: Int64 = 86_400_000

        let chain: [[UInt8]]
        let isAttested: Bool
        let day: Int64

        init(chain: [[UInt8]], trust: DeviceTrustLevel, time: Int64) {
            self.chain = chain
            isAttested = trust == .attested
            day = time / Self.dayMilliseconds
        }

        var time: Date { Date(milliseconds: day * Self.dayMilliseconds) }
    }

    private func verdict(on check: ChainCheck) async -> CertificateVerdict {
        if check.isAttested { return await trust.verdict(chain: check.chain, at: check.time) }
        // By configuration the hub took the device at its link's word; its signature must hold all the same.
        guard let leaf = check.chain.first, let certificate = try? Certificate(derEncoded: leaf) else {
            return .refused("a certificate that cannot be read")
        }
        return .trusted(certificate)
    }

    private static func refusal(of record: SignedRecord, under verdict: CertificateVerdict) -> String? {
        let certificate: Certificate
        switch verdict {
        case .trusted(let leaf): certificate = leaf
        case .refused(let reason): return "device certificate: \(reason)"
        }
        guard certificate.deviceSerial == record.payload.serial.text else {
            return "the device certificate is another device's"
        }
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else {
            return "the device's key is not on P-256"
        }
        return switch record.verdict(key: .p256(key)) {
        case .valid: nil
        case .refused(let reason): "device signature: \(reason)"
        }
    }
}

extension Certificate {
    /// firmware-specs/signatures.md: the subject's serialNumber, or else its common name.
    var deviceSerial: String? {
        let serialNumber: ASN1ObjectIdentifier = [2, 5, 4, 5]
        let values = subject.flatMap { $0 }.filter { $0.type == serialNumber }.compactMap { String($0.value) }
        return values.count == 1 ? values[0] : commonName
    }
}
