import ArgumentParser
import UpstreamClient

/// `corhub metrics`: what Prometheus reads.
struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Print the agent's metrics in Prometheus' text format.",
        discussion: "Example: corhub metrics > /var/lib/prometheus/node-exporter/corhub.prom")

    @Option(help: "The agent's control socket. Default: $CORHUB_SOCKET, or /run/corhub/control.sock.")
    var socket: String?

    func run() async throws {
        try await CommandOutput(command: "metrics", isJSON: false).run { () async throws(CommandProblem) in
            let client = try ControlClient(socket: socket ?? ControlOptions.defaultSocket)
            let text = try await client.bytes(HTTPRequest(.get, "/metrics", isRepeatable: true))
            StandardStreams.print(String(decoding: text, as: UTF8.self))
        }
    }
}
