package import CORProtocol
package import COSESigning

/// Whether bytes from a device are the evidence that they claim to be (firmware-specs/signatures.md).
package struct RecordExamination: Sendable {
    package enum Verdict: Sendable, Equatable {
        case sound(SignedRecord)
        case refused(RecordRefusalReason)
    }

    /// The key that the device proved to own in this session; nil for a device without a certificate.
    let key: COSEPublicKey?
    let certificateThumbprint: SHA256Hash?
    let serial: DeviceSerial
    let sequence: UInt64

    package init(key: COSEPublicKey?, certificateThumbprint: SHA256Hash?, serial: DeviceSerial, sequence: UInt64) {
        self.key = key
        self.certificateThumbprint = certificateThumbprint
        self.serial = serial
        self.sequence = sequence
    }

    package func verdict(on bytes: [UInt8]) -> Verdict {
        guard bytes.count <= CORLimits.recordLengthMax else { return .refused(.tooLong) }
        let record: SignedRecord
        do {
            record = try SignedRecord(decoding: bytes)
        } catch {
            return .refused(.malformed)
        }
        guard record.payload.serial == serial else { return .refused(.serialDiffers) }
        guard record.payload.sequence == sequence else { return .refused(.sequenceDiffers) }
        guard let key else { return .sound(record) }
        guard record.certificateThumbprint == certificateThumbprint?.bytes else { return .refused(.certificateDiffers) }
        guard record.verdict(key: key) == .valid else { return .refused(.signatureInvalid) }
        return .sound(record)
    }
}
