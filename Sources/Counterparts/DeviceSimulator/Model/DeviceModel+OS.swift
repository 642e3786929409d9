import CORProtocol
import SMPProtocol

/// Group 0: what any Zephyr device answers.
extension DeviceModel {
    /// Zephyr 4, `os_mgmt_err_code_t`.
    private enum OSRefusal: UInt16 {
        case invalidFormat = 2
        case queryYieldsNoAnswer = 3
        case clockNotSet = 4

        var failure: SMPFailure {
            SMPFailure(group: SMPGroup.os, code: rawValue)
        }
    }

    /// MCUboot's mode 3: swap without a scratch area.
    private static let swapUsingMove: Int32 = 3

    mutating func respondOS(
        to message: SMPMessage, at now: Duration, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> SMPMessage {
        switch message.header.command {
        case EchoRequest.command:
            return message.answered(EchoResponse(text: try message.decoded(EchoRequest.self).text))
        case DateTimeReadRequest.command where message.header.operation == .read:
            _ = try message.decoded(DateTimeReadRequest.self)
            guard let wall = clock.wallMilliseconds(at: now) else { throw OSRefusal.clockNotSet.failure }
            return message.answered(DateTimeReadResponse(dateTime: CivilTime(milliseconds: wall).text))
        case DateTimeWriteRequest.command:
            let text = try message.decoded(DateTimeWriteRequest.self).dateTime
            guard let time = CivilTime(text), time.milliseconds >= 0 else { throw SMPFailure(.invalidValue) }
            setClock(to: time.milliseconds, at: now, effects: &effects)
            return message.answered(EmptyResponse())
        case ResetRequest.command:
            let request = try message.decoded(ResetRequest.self)
            guard measurement == nil || request.force else { throw SMPFailure(.busy) }
            wantsRecovery = request.bootMode == 1
            restart(at: now, effects: &effects)
            return message.answered(EmptyResponse())
        case ParametersRequest.command:
            _ = try message.decoded(ParametersRequest.self)
            return message.answered(
                ParametersResponse(bufferSize: UInt32(setup.bufferSize), bufferCount: UInt32(setup.bufferCount)))
        case AppInfoRequest.command:
            let format = try message.decoded(AppInfoRequest.self).format ?? "s"
            return message.answered(AppInfoResponse(output: try appInfo(format)))
        case BootloaderInfoRequest.command:
            return message.answered(try bootloaderInfo(query: try message.decoded(BootloaderInfoRequest.self).query))
        default:
            throw SMPFailure(.notSupported)
        }
    }

    /// Sets the wall clock, and tells what it was before.
    mutating func setClock(to wallMilliseconds: Int64, at now: Duration, effects: inout [DeviceEffect]) {
        let before = wallMillisecondsShown(at: now)
        clock.set(wallMilliseconds: wallMilliseconds, at: now)
        effects.append(.report(.clockSet(wallMilliseconds: wallMilliseconds, before: before)))
    }

    func wallMillisecondsShown(at now: Duration) -> Int64? {
        clock.wallMilliseconds(at: now, ahead: faults.quantity(of: .clockJump) ?? 0)
    }

    /// The parts of `uname` in the order of Zephyr's, whatever the order of the letters.
    private func appInfo(_ format: String) throws(SMPFailure) -> String {
        let parts: KeyValuePairs<Character, String> = [
            "s": "Zephyr", "n": setup.identity.serial.text, "r": images.primary.version, "v": "corone-sim",
            "b": "unknown", "m": "virtual", "p": "virtual", "i": setup.model, "o": "Zephyr",
        ]
        let letters = Set(format)
        guard letters.isSubset(of: Set(parts.map(\.key)).union(["a"])), !letters.isEmpty else {
            throw OSRefusal.invalidFormat.failure
        }
        let chosen = parts.filter { letters.contains("a") || letters.contains($0.key) }
        return chosen.map(\.value).joined(separator: " ")
    }

    private func bootloaderInfo(query: String?) throws(SMPFailure) -> BootloaderInfoResponse {
        switch query {
        case nil: return BootloaderInfoResponse(bootloader: "MCUboot")
        case BootloaderInfoRequest.modeQuery: return BootloaderInfoResponse(mode: Self.swapUsingMove)
        case .some: throw OSRefusal.queryYieldsNoAnswer.failure
        }
    }
}

extension SMPMessage {
    /// The typed request in this message, or the refusal that the device answers with.
    func decoded<Request: SMPRequest>(_ type: Request.Type) throws(SMPFailure) -> Request {
        do throws(SMPError) {
            return try request(type)
        } catch .messageUnexpected {
            throw SMPFailure(.notSupported)
        } catch {
            throw SMPFailure(.invalidValue, reason: error.description)
        }
    }
}
