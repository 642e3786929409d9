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
        var chains = DeviceChains(trust: trust)
        var records: [SignedRecord] = []
        for (index, item) in items.enumerated() {
            let record: SignedRecord
            do throws(RecordRefusal) {
                record = try SignedRecord(decoding: item.bytes)
            } catch {
                return .unsound(reason: "record \(index): \(error.reason)")
            }
            guard record.payload.serial == item.serial, record.payload.sequence == item.sequence else {
                return .unsound(reason: "record \(index): serial or sequence is not the one that the device signed")
            }
            guard record.id == item.recordID else {
                return .unsound(reason: "record \(index): the record id is not that of the record")
            }
            let verdict = await chains.verdict(
                on: record.certificateChain, trust: item.trust,
                at: item.received.sync == .synchronised ? item.received.wallMilliseconds : now)
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

    private static func refusal(of record: SignedRecord, under verdict: CertificateVerdict) -> String? {
        let certificate: Certificate
        switch verdict {
        case .trusted(let leaf, _): certificate = leaf
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

/// The device chains of one batch, each judged once: a device sends hundreds of records under one.
private struct DeviceChains {
    let trust: CertificateTrust
    private var trusted: [[[UInt8]]: CertificateVerdict] = [:]

    init(trust: CertificateTrust) {
        self.trust = trust
    }

    mutating func verdict(
        on chain: [[UInt8]], trust level: DeviceTrustLevel, at time: Int64
    ) async -> CertificateVerdict {
        switch level {
        case .attested:
            let time = Date(milliseconds: time)
            if let known = trusted[chain], case .trusted(_, let validity) = known, validity.contains(time) {
                return known
            }
            let verdict = await trust.verdict(chain: chain, at: time)
            trusted[chain] = verdict
            return verdict
        case .linkOnly:
            // By configuration the hub took the device at its link's word; its signature must hold all the same.
            guard let leaf = chain.first, let certificate = try? Certificate(derEncoded: leaf) else {
                return .refused("a certificate that cannot be read")
            }
            return .trusted(certificate, during: certificate.validity)
        }
    }
}

extension Certificate {
    fileprivate var validity: ClosedRange<Date> { notValidBefore...max(notValidBefore, notValidAfter) }

    /// firmware-specs/signatures.md: the subject's serialNumber, or else its common name.
    var deviceSerial: String? {
        let serialNumber: ASN1ObjectIdentifier = [2, 5, 4, 5]
        let values = subject.flatMap { $0 }.filter { $0.type == serialNumber }.compactMap { String($0.value) }
        return values.count == 1 ? values[0] : commonName
    }
}
