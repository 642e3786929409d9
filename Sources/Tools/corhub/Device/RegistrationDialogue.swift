import JSONCoding
import Synchronization
import UpstreamClient

/// Makes a device this hub's, or lets it go, and tells each step as it happens.
struct RegistrationDialogue: Sendable {
    enum Order: String, Sendable {
        case register
        case release

        fileprivate var farewell: String {
            switch self {
            case .register: "given up; the device stays as it was, unless its button was pressed before"
            case .release: "interrupted; `corhub device list` shows whether the device was let go before"
            }
        }
    }

    let client: ControlClient
    let isJSON: Bool

    /// - Returns: the agent's last word, `corhub/registration/1`.
    func carryOut(_ order: Order, _ serial: String) async throws(CommandProblem) -> JSONValue {
        // The agent notices that nobody listens any more, and takes an open claim back on the device.
        try await Interruptible.run(orSaying: order.farewell) { () async throws(CommandProblem) in
            try await outcome(of: order, serial)
        }
    }

    private func outcome(of order: Order, _ serial: String) async throws(CommandProblem) -> JSONValue {
        let last = Mutex<JSONValue?>(nil)
        try await client.lines(HTTPRequest(.post, "/v1/devices/\(serial.pathSegment)/\(order.rawValue)")) { line in
            if !isJSON { Self.tell(line) }
            last.withLock { $0 = line }
            return true
        }
        guard let answer = last.withLock({ $0 }) else {
            throw CommandProblem(.failed, code: "agent-ended", "the agent ended before the device had answered")
        }
        switch answer.text("event") {
        case "ended": return answer
        case "refused":
            let code = answer.text("code")
            throw CommandProblem(
                code == "not-connected" ? .notFound : .failed, code: code, answer.text("message"))
        default:
            throw CommandProblem(.failed, code: "agent-ended", "the agent ended before the device had answered")
        }
    }

    private static func tell(_ line: JSONValue) {
        switch line.text("event") {
        case "button":
            StandardStreams.printLine(
                "  Press the button on the device, within \(line.text("seconds")) seconds. Ctrl-C gives up.")
        case "claimed": StandardStreams.printLine("✓ the device belongs to this hub")
        case "released":
            StandardStreams.printLine("✓ the device is nobody's; its readings stay on it until it is claimed")
        case "ended": lastLines(of: line).forEach(StandardStreams.printLine)
        default: break
        }
    }

    private static func lastLines(of line: JSONValue) -> [String] {
        switch line.text("state") {
        case "registered": ["✓ the upstream has it as this hub's"]
        case "released": ["✓ the upstream knows"]
        case "contested": ["✗ \(line.text("waits_for"))"]
        default:
            [
                "… the upstream does not know yet: \(line.text("waits_for"))",
                "  It is told by itself, as soon as that is possible.",
            ]
        }
    }
}
