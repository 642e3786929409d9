import CORProtocol
import COSESigning
import HubCore

// The device's part: who signed the record, and how the device proved itself when it became this hub's.
extension TraceVerification {
    func deviceChecks(_ record: SignedRecord?, _ trace: RecordTrace) async -> [TraceCheck] {
        let summary = trace.record.summary
        func check(
            _ step: TraceCheck.Step, _ outcome: TraceCheck.Outcome, _ detail: String,
            _ authority: TrustedAuthority? = nil
        ) -> TraceCheck {
            TraceCheck(step, of: .record, outcome, detail, anchor: .deviceAuthority(authority))
        }
        guard summary.trust == .attested else {
            return [
                TraceCheck(
                    .deviceSignature, of: .record, .open, "the device has no certificate", anchor: .none)
            ]
        }
        guard let record else {
            let detail = "there are no bytes with this record's id"
            return [check(.deviceCertificate, .open, detail), check(.deviceSignature, .open, detail)]
        }
        switch await trust.devices.verdict(
            onChain: record.certificateChain, at: record.payload.closed.wallMilliseconds)
        {
        case .refused(let reason):
            return [
                check(.deviceCertificate, .broken, reason.description),
                check(.deviceSignature, .open, "the certificate is not trusted"),
            ]
        case .trusted(let certificate):
            guard certificate.serial == summary.serial, record.payload.serial == summary.serial else {
                return [
                    check(.deviceCertificate, .broken, "it is another device's", certificate.authority),
                    check(.deviceSignature, .open, "the certificate is another device's"),
                ]
            }
            let key = COSEPublicKey(x963P256: certificate.publicKey)
            let isSigned = key.map { record.verdict(key: $0) == .valid } ?? false
            return [
                check(
                    .deviceCertificate, .holds, "\(certificate.serial.text), SHA-256 \(certificate.thumbprint.hex)",
                    certificate.authority),
                check(
                    .deviceSignature, isSigned ? .holds : .broken,
                    isSigned ? "ES256 over the record" : "the certificate's key did not sign these bytes",
                    certificate.authority),
            ]
        }
    }

    /// What the device showed when a person made it this hub's. It is bound to this hub and to the device, and has no time of
    /// its own but that of the claim.
    func attestationCheck(_ evidence: TraceEvidence) async -> TraceCheck {
        let serial = evidence.trace.record.summary.serial
        func check(
            _ outcome: TraceCheck.Outcome, _ detail: String, _ authority: TrustedAuthority? = nil
        ) -> TraceCheck {
            TraceCheck(.deviceAttestation, of: .record, outcome, detail, anchor: .deviceAuthority(authority))
        }
        guard let registration = evidence.registration, let proof = registration.evidence else {
            return TraceCheck(
                .deviceAttestation, of: .record, .open, "none is kept: the device was not claimed with a certificate",
                anchor: .none)
        }
        let claimed = registration.changed
        switch await trust.devices.verdict(
            onChain: proof.certificateChain, at: claimed.sync == .never ? nil : claimed.wallMilliseconds)
        {
        case .refused(let reason):
            return check(.broken, "its certificate: \(reason.description)")
        case .trusted(let certificate):
            guard certificate.serial == serial else {
                return check(.broken, "it is another device's", certificate.authority)
            }
            guard let attestation = SignedAttestation(ifSound: proof.attestation),
                let key = COSEPublicKey(x963P256: certificate.publicKey), attestation.verdict(key: key) == .valid
            else {
                return check(.broken, "the device did not sign it", certificate.authority)
            }
            guard attestation.payload.serial == serial, attestation.payload.hub == trust.hub else {
                return check(.broken, "it is for another hub or device", certificate.authority)
            }
            return check(
                .holds,
                "to this hub over \(attestation.payload.link.rawValue), boot \(attestation.payload.bootCounter)",
                certificate.authority)
        }
    }
}
