import ArgumentParser
import Glibc

/// The options of every command that asks the running agent.
struct ControlOptions: ParsableArguments {
    @Option(help: "The agent's control socket. Default: $CORHUB_SOCKET, or /run/corhub/control.sock.")
    var socket: String?

    @Flag(help: "Print JSON; its shape is in docs/schemas.")
    var json = false

    var socketPath: String {
        socket ?? Self.defaultSocket
    }

    static var defaultSocket: String {
        getenv("CORHUB_SOCKET").map { String(cString: $0) } ?? "/run/corhub/control.sock"
    }

    func output(_ command: String) -> CommandOutput {
        CommandOutput(command: command, isJSON: json)
    }

    func client() throws(CommandProblem) -> ControlClient {
        try ControlClient(socket: socketPath)
    }
}
