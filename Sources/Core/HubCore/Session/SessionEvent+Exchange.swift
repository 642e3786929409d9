import CBORCoding
import CORProtocol
package import SMPProtocol

extension SessionEvent {
    /// What an SMP exchange came to, in the session's terms. An answer that is no sound CBOR goes on as it is: the
    /// shape that was asked for refuses it.
    package init(_ result: Result<SMPMessage, SMPExchangeError>) {
        switch result {
        case .success(let message):
            if let failure = SMPFailure(in: message.payload) {
                self = .refusedByDevice(code: Int64(failure.code), isOfProfile: failure.group == CORCommand.group)
            } else {
                self = .answered(payload: message.payload)
            }
        case .failure(.timedOut), .failure(.queueFull), .failure(.requestTooLong):
            self = .unanswered
        case .failure(.linkGone):
            self = .linkGone
        }
    }
}

extension SessionEvent {
    /// What a device says unasked: read responses of group 64 with commands of their own (firmware-specs/transport.md,
    /// events). Nil for everything else, which is the exchange's matter.
    package init?(notificationIn bytes: [UInt8]) {
        let message: SMPMessage
        do { message = try SMPMessage(decoding: bytes) } catch { return nil }
        guard message.header.group == CORCommand.group, message.header.operation == .readResponse,
            message.header.command >= CORCommand.liveSample.rawValue
        else { return nil }
        self = .notified(command: message.header.command, payload: message.payload)
    }
}

extension SMPFailure {
    fileprivate init?(in payload: [UInt8]) {
        // Nearly all answers tell of success: their values are not made for nothing.
        guard payload.mayNameFailure else { return nil }
        do {
            let value = try CBORValue.decode(payload, mode: .tolerant)
            guard let failure = try SMPFailure(payload: value) else { return nil }
            self = failure
        } catch {
            return nil
        }
    }
}

extension [UInt8] {
    /// False where no map of them can have a key "rc". Only a text of indefinite length may have its letters apart.
    fileprivate var mayNameFailure: Bool {
        withUnsafeBufferPointer { bytes in
            var last: UInt8 = 0
            for byte in bytes {
                if byte == 0x7F || (last == UInt8(ascii: "r") && byte == UInt8(ascii: "c")) { return true }
                last = byte
            }
            return false
        }
    }
}
