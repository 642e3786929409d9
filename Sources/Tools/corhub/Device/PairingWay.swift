import BluetoothProtocol
import DeviceLinks
import HubCore
import JSONCoding
import UpstreamClient

/// Who has the adapter: the running agent, which is asked over its socket, or nobody, so that this program takes it.
enum PairingWay: Sendable {
    case agent(ControlClient)
    case own(BluetoothHost)

    enum Step: Sendable {
        case asked(PairingQuestion)
        /// `isWatched`: the agent works with it from now on; nil where no agent runs.
        case paired(device: String, isWatched: Bool?)
        case refused(code: String, message: String)
        case failed(CommandProblem)
    }

    /// The agent's, if one answers on the socket.
    static func found(_ control: ControlOptions, state: String) async throws(CommandProblem) -> PairingWay {
        let client = try control.client()
        do {
            _ = try await client.get("/v1/status")
            return .agent(client)
        } catch  where error.code == "agent-not-running" {
            return .own(
                BluetoothHost(BluetoothHost.Configuration(folder: state)) { note in
                    StandardStreams.printErrorLine(
                        "not in the audit trail, since no agent runs: "
                            + "\(note.kind) \(note.subject) \(note.outcome) \(note.detail)")
                })
        }
    }

    var isAgent: Bool {
        if case .agent = self { true } else { false }
    }

    /// Begins to pair; the stream ends behind `paired`, `refused` or `failed`.
    func pair(_ device: BluetoothAddress) -> AsyncStream<Step> {
        let (steps, continuation) = AsyncStream.makeStream(of: Step.self)
        switch self {
        case .own(let host):
            host.pair(device) { event in
                switch event {
                case .asked(let question): continuation.yield(.asked(question))
                case .ended(.success(let peer)):
                    continuation.yield(.paired(device: "ble:\(peer)", isWatched: nil))
                    continuation.finish()
                case .ended(.failure(let refusal)):
                    continuation.yield(
                        .refused(code: refusal.code, message: host.obstacle ?? refusal.description))
                    continuation.finish()
                }
            }
        case .agent(let client):
            let task = Task {
                do throws(CommandProblem) {
                    try await client.lines(HTTPRequest(.post, "/v1/pairings?device=ble:\(device)")) { line in
                        if let step = Step(line) { continuation.yield(step) }
                        return true
                    }
                } catch {
                    continuation.yield(.failed(error))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
        return steps
    }

    func answer(_ answer: PairingAnswer) async throws(CommandProblem) {
        switch self {
        case .own(let host): host.answer(answer)
        case .agent(let client): _ = try await client.post("/v1/pairings/answer?answer=\(answer.text)")
        }
    }

    /// Whether there was a pairing.
    func forget(_ device: BluetoothAddress) async throws(CommandProblem) -> Bool {
        switch self {
        case .own(let host):
            return await withCheckedContinuation { continuation in
                host.unpair(device) { continuation.resume(returning: $0) }
            }
        case .agent(let client):
            do {
                _ = try await client.post("/v1/pairings/forget?device=ble:\(device)")
                return true
            } catch  where error.status == .notFound {
                return false
            }
        }
    }

    func close() {
        if case .own(let host) = self { host.close() }
    }
}

extension PairingWay.Step {
    /// One line of the agent; nil for what this program does not know.
    fileprivate init?(_ line: JSONValue) {
        let number = line["number"]?.stringValue.flatMap(PairingNumber.value)
        switch (line.text("event"), line.text("question"), number) {
        case ("question", "compare", let number?): self = .asked(.compare(number: number))
        case ("question", "enter-passkey", _): self = .asked(.enterPasskey)
        case ("question", "show", let number?): self = .asked(.show(passkey: number))
        case ("paired", _, _): self = .paired(device: line.text("device"), isWatched: line["watched"]?.boolValue)
        case ("refused", _, _): self = .refused(code: line.text("code"), message: line.text("message"))
        default: return nil
        }
    }
}

extension PairingAnswer {
    fileprivate var text: String {
        switch self {
        case .same: "same"
        case .different: "different"
        case .cancel: "cancel"
        case .passkey(let passkey): PairingNumber.text(passkey)
        }
    }
}
