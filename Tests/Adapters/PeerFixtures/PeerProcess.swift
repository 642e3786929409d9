import Foundation

/// A server of another make that a test talks to: a Python script of Peers/, or `openssl s_server`.
///
/// It is ended with the value.
package final class PeerProcess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The port that it said it listens on; 0 for a unix-domain socket.
    package let port: Int
    private let process: Process
    private let output: Pipe

    /// Starts it and waits for the line that says where it listens: one that starts with `ready` and ends with the
    /// port after a space or a colon.
    private init(_ arguments: [String], folder: String, ready: String) throws {
        process = Process()
        output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // An open pipe: s_server ends when its standard input does.
        process.standardInput = Pipe()
        try process.run()
        var text = ""
        var found: Int?
        while found == nil {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else {
                process.waitUntilExit()
                throw Failure(description: "\(arguments.joined(separator: " ")) ended: \(text)")
            }
            text += String(decoding: bytes, as: UTF8.self)
            found = Self.port(in: text, ready: ready)
        }
        port = found ?? 0
    }

    deinit {
        // Not SIGTERM: a child inherits the signal mask of the thread that made it, and those of the concurrency
        // runtime block nearly every signal.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// A script that prints "ready PORT".
    package static func python(_ script: String, _ arguments: [String], in folder: TemporaryFolder) throws
        -> PeerProcess
    {
        try PeerProcess(["python3", "-u", script] + arguments, folder: folder.path, ready: "ready")
    }

    /// `openssl s_server` on a free port of 127.0.0.1.
    package static func openssl(_ arguments: [String], in folder: TemporaryFolder) throws -> PeerProcess {
        try PeerProcess(
            ["openssl", "s_server", "-accept", "127.0.0.1:0"] + arguments, folder: folder.path, ready: "ACCEPT")
    }

    private static func port(in text: String, ready: String) -> Int? {
        // Only complete lines count.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard let line = lines.first(where: { $0.hasPrefix(ready) }) else { return nil }
        return line.split(whereSeparator: { $0 == " " || $0 == ":" }).last.flatMap { Int($0) }
    }
}
