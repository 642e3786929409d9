import JSONCoding

/// Follows an update until it ends. Whoever stops looking stops nothing: the agent goes on.
struct FirmwareWatch: Sendable {
    let client: ControlClient
    let serial: String
    let isShown: Bool

    private static let lookInterval = Duration.milliseconds(200)

    /// - Returns: the update at its end.
    func follow(_ first: JSONValue) async throws(CommandProblem) -> JSONValue {
        var answer = first
        var shown = ""
        var isLineOpen = false
        defer { if isLineOpen { StandardStreams.printErrorLine("") } }
        while true {
            guard let update = answer.list("updates").first else {
                throw CommandProblem(.failed, code: "agent-answer", "the agent's answer cannot be read")
            }
            let line = [update.text("phase"), FirmwareUpdateText.remark(update)]
                .filter { !$0.isEmpty }.joined(separator: ": ")
            if isShown, line != shown {
                tell(line, progress: FirmwareUpdateText.upload(update), &isLineOpen)
                shown = line
            }
            if FirmwareUpdateText.status(update) != nil { return answer }
            guard (try? await Task.sleep(for: Self.lookInterval)) != nil else {
                throw CommandProblem(.interrupted, code: "interrupted", "the update goes on")
            }
            answer = try await client.get("/v1/firmware/\(serial.pathSegment)")
        }
    }

    /// What only counts up is redrawn in place, and only for people.
    private func tell(_ line: String, progress: ProgressLine?, _ isLineOpen: inout Bool) {
        if let progress {
            guard StandardStreams.errorIsTerminal else { return }
            isLineOpen = true
            return StandardStreams.redrawError("\(progress.bar) \(line)")
        }
        if isLineOpen { StandardStreams.printErrorLine("") }
        isLineOpen = false
        StandardStreams.printErrorLine(line)
    }
}
