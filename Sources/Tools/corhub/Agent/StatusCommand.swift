import ArgumentParser
import JSONCoding

/// `corhub status`: one screen.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What the agent is doing, on one screen.",
        discussion: "Examples: corhub status; corhub status --json | jq .forwarding")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("status")
        try await output.run { () async throws(CommandProblem) in
            let status = try await control.client().get("/v1/status")
            output.tell(status) { [StatusAdvice.first(status)] + Self.lines(status) }
        }
    }

    /// What fits one screen of 24 lines with the rest.
    private static let linkCountMax = 12

    private static func lines(_ status: JSONValue) -> [String] {
        var lines = [
            "hub        \(status.text("hub")) (\(status.text("environment"))), corhub \(status.text("version"))"
                + ", build \(status.text("build").prefix(12))",
            "upstream   \(status.text("upstream")), \(forwarding(status))",
            "clock      \(status.time("time")), \(clock(status))",
            "keys       \(status.text("key_protection")); content is sealed under key "
                + "\(status.text("storage_key", "id")), kept in a \(status.text("storage_key", "protection"))",
            "sandbox    \(sandbox(status))",
            "buffer     \(status.text("buffer", "pending_records", "count")) records and "
                + "\(status.text("buffer", "pending_entries", "count")) entries wait, "
                + "\(status.text("buffer", "batches_without_receipt", "count")) batches without a receipt",
        ]
        let links = status.list("links")
        for link in links.prefix(linkCountMax) {
            let reason = link.text("reason") == "-" ? "" : ": \(link.text("reason"))"
            lines.append("device     \(link.text("device")) at \(link.text("address")), \(link.text("state"))\(reason)")
        }
        if links.count > linkCountMax {
            lines.append("           and \(links.count - linkCountMax) more: `corhub device list`")
        }
        let waiting = (status["configuration"]?.list("waiting") ?? []).compactMap(\.stringValue)
        if !waiting.isEmpty {
            lines.append("settings   changed, and need a restart: \(waiting.joined(separator: ", "))")
        }
        return lines
    }

    /// What a time service says, and whether the clock is believed.
    private static func clock(_ status: JSONValue) -> String {
        let service =
            switch status.text("time", "clock") {
            case "synchronised": "synchronised"
            case "stepped": "set by a time service"
            default: "set by no time service"
            }
        guard status["clock_trust"]?["trusted"] != .bool(true) else { return "\(service), trusted" }
        let doubt =
            switch status.text("clock_trust", "doubt") {
            case "behind-floor", "behind-receipt": "it is behind what the upstream's receipts say"
            case "ahead-of-receipt": "it is ahead of what the upstream's receipts say"
            default: "no receipt confirms it yet"
            }
        return "\(service), not trusted: \(doubt); nothing is removed meanwhile"
    }

    private static func sandbox(_ status: JSONValue) -> String {
        let missing = status["sandbox"]?.list("missing").compactMap(\.stringValue) ?? []
        return switch status.text("sandbox", "state") {
        case "in-force": "in force"
        case "absent": "none; the service manager's unit has one"
        default: "not whole; missing: \(missing.joined(separator: ", "))"
        }
    }

    static func forwarding(_ status: JSONValue) -> String {
        let reason = status.text("forwarding", "reason")
        return status.text("forwarding", "state") + (reason == "-" ? "" : ": \(reason)")
    }
}
