import CORProtocol
import COSESigning
import Crypto
import HubCore
import Testing

@Suite("Whether bytes are the evidence that they claim to be")
struct RecordExaminationTests {
    private let device: TestDevice
    private let record: SignedRecord

    init() throws {
        device = try TestDevice()
        record = try device.record(7)
    }

    private func examination(sequence: UInt64 = 7, hasKey: Bool = true) -> RecordExamination {
        RecordExamination(
            key: hasKey ? .p256(device.key.publicKey) : nil,
            certificateThumbprint: hasKey ? device.certificate.thumbprint : nil, serial: device.serial,
            sequence: sequence)
    }

    @Test("A record of this device, this sequence and this key is sound")
    func sound() {
        #expect(examination().verdict(on: record.bytes) == .sound(record))
    }

    @Test("With any one byte changed it is refused")
    func everyByte() {
        for index in record.bytes.indices {
            var bytes = record.bytes
            bytes[index] ^= 0x01
            guard case .refused = examination().verdict(on: bytes) else {
                Issue.record("byte \(index) may be changed")
                continue
            }
        }
    }

    @Test("Without a key, content is still held to serial and sequence")
    func withoutKey() {
        #expect(examination(hasKey: false).verdict(on: record.bytes) == .sound(record))
        #expect(examination(sequence: 8, hasKey: false).verdict(on: record.bytes) == .refused(.sequenceDiffers))
    }

    @Test("More bytes than a record may have are refused before they are read")
    func tooLong() {
        let bytes = [UInt8](repeating: 0, count: CORLimits.recordLengthMax + 1)
        #expect(examination().verdict(on: bytes) == .refused(.tooLong))
        #expect(examination().verdict(on: Array(bytes.dropLast())) == .refused(.malformed))
    }
}
