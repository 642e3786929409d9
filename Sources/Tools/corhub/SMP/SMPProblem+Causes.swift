import DeviceLinks
import Glibc
import HubCore
import SMPProtocol

extension SMPProblem {
    init(_ error: LinkAddressError) {
        switch error {
        case .kindUnsupported:
            self.init(status: .failed, code: "link-unsupported", message: "\(error)")
        case .notLoopback:
            self.init(status: .blocked, code: "link-remote", message: "\(error): add --allow-remote")
        case .tooLong, .kindUnknown, .malformed, .optionMalformed, .hostNotNumeric:
            self.init(status: .usage, code: "link-malformed", message: "\(error)")
        }
    }

    init(_ error: SMPClientError) {
        switch error {
        case .refused(let failure): self.init(failure)
        case .exchangeFailed(let error): self.init(error)
        case .responseMalformed(let error): self.init(malformed: error)
        case .cancelled: self = .interrupted
        }
    }

    init(_ error: SMPUploadError) {
        switch error {
        case .failed(.refused(let failure)): self.init(failure)
        case .failed(.exchangeFailed(let error)): self.init(error)
        case .failed(.responseMalformed(let error)): self.init(malformed: error)
        case .failed(.imageEmpty):
            self.init(status: .failed, code: "image-empty", message: "the file is empty")
        case .failed(.imageTooLong(let length, let max)):
            self.init(
                status: .failed, code: "image-too-long", message: "the file has \(length) bytes; the limit is \(max)")
        case .failed(.bufferTooSmall(let max)):
            self.init(
                status: .failed, code: "buffer-too-small",
                message: "the device takes messages of \(max) bytes, too few for an upload")
        case .failed(.offsetBeyondEnd(let offset, let length)):
            self.init(
                status: .failed, code: "offset-beyond-end",
                message: "the device asks for byte \(offset) of a file of \(length); its upload state is broken, "
                    + "reset it")
        case .failed(.setbacks(let count, let offset)):
            self.init(
                status: .temporary, code: "no-progress",
                message: "the device went back to byte \(offset), \(count) times without getting further; try again")
        case .failed(.digestMismatch):
            self.init(
                status: .failed, code: "digest-mismatch",
                message: "the device stored other bytes than were sent; run \"image erase\" and upload again")
        case .cancelled: self = .interrupted
        case .busy:
            self.init(status: .temporary, code: "busy", message: "another upload runs")
        }
    }

    init(_ failure: SMPFailure) {
        let status: ExitStatus =
            switch failure.returnCode {
            case .busy, .noMemory, .timeout: .temporary
            case .accessDenied, .badState: .blocked
            case .noEntry: .notFound
            case .ok, .unknown, .invalidValue, .messageTooLong, .notSupported, .corrupt, .versionTooOld,
                .versionTooNew, nil:
                .failed
            }
        let reason = failure.reason.map { ": \($0.printable)" } ?? ""
        let advice = failure.returnCode == .notSupported ? "; this firmware does not have the command" : ""
        self.init(
            status: status, code: "device-refused", message: "the device refused, \(failure)\(reason)\(advice)")
    }

    private init(_ error: SMPExchangeError) {
        switch error {
        case .timedOut(let attemptCount):
            self.init(
                status: .temporary, code: "device-silent",
                message: "the device did not answer (\(attemptCount) attempts); "
                    + "is it on, and is the address right? --timeout waits longer")
        case .linkGone(.refused):
            self.init(
                status: .temporary, code: "device-silent",
                message: "no device is there; is it on and plugged in, and is the address right?")
        case .linkGone(.unreachable):
            self.init(
                status: .temporary, code: "device-unreachable",
                message: "that address cannot be reached or opened from here")
        case .linkGone(.closed):
            self = .interrupted
        case .linkGone(.failed(let code)):
            self.init(
                status: .temporary, code: "link-failed", message: "the link failed: \(String(cString: strerror(code)))")
        case .queueFull(let max):
            self.init(status: .temporary, code: "busy", message: "\(max) requests wait already")
        case .requestTooLong(let length, let max):
            self.init(
                status: .usage, code: "request-too-long",
                message: "the request has \(length) bytes; the limit is \(max)")
        }
    }

    private init(malformed error: SMPError) {
        self.init(
            status: .failed, code: "answer-malformed", message: "the device's answer cannot be read: \(error)")
    }

    static let interrupted = SMPProblem(
        status: .interrupted, code: "interrupted",
        message: "interrupted; an upload resumes where it was when the same file is uploaded again")
}
