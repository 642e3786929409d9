import BluetoothProtocol
import CORProtocol
import DeviceLinks
import HubCore
import JSONCoding

// A local user pairs a BLE device with the adapter that the agent has.
extension ControlRouter {
    /// Questions, and how it ended, one a line. Whoever leaves before the end gives up.
    func pairing(_ request: ControlRequest) throws(ControlRefusal) -> ControlAnswer {
        let device = try device(of: request)
        let bluetooth = context.bluetooth
        let isWatched =
            context.configuration.discoveredLinks.contains(.ble)
            || context.configuration.deviceLinks.contains("ble:\(device)")
        let (stream, continuation) = AsyncStream.makeStream(of: JSONValue.self)
        let asker = Asker()
        continuation.onTermination = { reason in
            if case .cancelled = reason { bluetooth.giveUpPairing(of: ObjectIdentifier(asker)) }
        }
        bluetooth.pair(device, for: ObjectIdentifier(asker)) { event in
            switch event {
            case .asked(let question):
                continuation.yield(question.json)
            case .ended(.success(let peer)):
                continuation.yield(
                    ["event": "paired", "device": .string("ble:\(peer)"), "watched": .bool(isWatched)])
                continuation.finish()
            case .ended(.failure(let refusal)):
                continuation.yield(
                    [
                        "event": "refused", "code": .string(refusal.code),
                        "message": .string(bluetooth.obstacle ?? refusal.description),
                    ])
                continuation.finish()
            }
        }
        return .lines(stream)
    }

    /// To the question that was asked last.
    func answerPairing(_ request: ControlRequest) throws(ControlRefusal) -> JSONValue {
        guard let answer = request.query["answer"].flatMap(PairingAnswer.init(text:)) else {
            throw ControlRefusal(.badRequest("answer is same, different, cancel, or a passkey of six digits"))
        }
        context.bluetooth.answer(answer)
        return ["schema": "corhub/pairing-answer/1", "answer": .text(request.query["answer"])]
    }

    func unpairing(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let device = try device(of: request)
        let wasPaired = await withCheckedContinuation { continuation in
            context.bluetooth.unpair(device) { continuation.resume(returning: $0) }
        }
        guard wasPaired else { throw ControlRefusal(.notFound("a pairing with ble:\(device)")) }
        return ["schema": "corhub/unpairing/1", "device": .string("ble:\(device)")]
    }

    private func device(of request: ControlRequest) throws(ControlRefusal) -> BluetoothAddress {
        do {
            guard case .ble(let text) = try LinkAddress(request.query["device"] ?? "") else {
                throw LinkAddressError.malformed(request.query["device"] ?? "", expected: "ble:ADDRESS")
            }
            return try BluetoothAddress(text)
        } catch {
            throw ControlRefusal(.badRequest("device is ble:XX:XX:XX:XX:XX:XX"))
        }
    }
}

/// Whose pairing it is: one who leaves gives up their own, and nobody else's.
private final class Asker: Sendable {}

extension PairingQuestion {
    fileprivate var json: JSONValue {
        switch self {
        case .compare(let number):
            ["event": "question", "question": "compare", "number": .string(PairingNumber.text(number))]
        case .enterPasskey: ["event": "question", "question": "enter-passkey"]
        case .show(let passkey):
            ["event": "question", "question": "show", "number": .string(PairingNumber.text(passkey))]
        }
    }
}

extension PairingAnswer {
    fileprivate init?(text: String) {
        switch text {
        case "same": self = .same
        case "different": self = .different
        case "cancel": self = .cancel
        default:
            guard let passkey = PairingNumber.value(text) else { return nil }
            self = .passkey(passkey)
        }
    }
}
