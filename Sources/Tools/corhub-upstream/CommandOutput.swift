import ArgumentParser
import Glibc
import JSONCoding

/// What every command prints: lines for people, or JSON lines.
struct CommandOutput: ParsableArguments {
    @Flag(help: "Print JSON lines.")
    var json = false

    func write(_ value: JSONValue, text: @autoclosure () -> String) {
        Self.write((json ? value.serialized() : text()) + "\n", to: STDOUT_FILENO)
    }

    /// One line on standard error, and the exit code that says failed.
    static func failure(_ error: any Error) -> ExitCode {
        write("corhub-upstream: \(error)\n", to: STDERR_FILENO)
        return .failure
    }

    /// `print` buffers when the output is no terminal; whoever waits for a line needs it at once.
    private static func write(_ text: String, to descriptor: Int32) {
        var remaining = Array(text.utf8)[...]
        while !remaining.isEmpty {
            let count = remaining.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }  // Nobody reads any more.
            remaining = remaining.dropFirst(count)
        }
    }
}
