import Foundation
import JSONCoding
import Testing
import UpstreamServer

/// A folder in which the built command runs.
struct CommandFolder {
    let path: URL
    var state: String { path.appending(path: "state").path(percentEncoded: false) }

    /// The test bundle and the command are built into one folder.
    private static let command = URL(filePath: ProcessInfo.processInfo.arguments[0])
        .deletingLastPathComponent().appending(path: "corhub-upstream").path(percentEncoded: false)

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "corhub-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
    }

    func remove() {
        try? FileManager.default.removeItem(at: path)
    }

    /// Runs the command to its end and returns what it printed.
    func run(_ arguments: String...) async throws -> String {
        try await Subprocess.run([Self.command] + arguments)
    }

    /// Runs the command, expects status 1, and returns its standard error.
    func failure(_ arguments: String...) async throws -> String {
        let failure = await #expect(throws: Subprocess.Failure.self) {
            _ = try await Subprocess.run([Self.command] + arguments)
        }
        #expect(failure?.status == 1)
        return failure?.complaint ?? ""
    }

    /// - Parameter fileKilobytesMax: no file may grow beyond; writing then fails as on a full disk.
    func serve(fileKilobytesMax: Int? = nil) async throws -> RunningServer {
        let arguments = [Self.command, "serve", "--state", state, "--listen", "127.0.0.1:0", "--json"]
        guard let fileKilobytesMax else { return try await RunningServer(arguments) }
        let script = "trap '' XFSZ; ulimit -f \(fileKilobytesMax); exec \"$@\""
        return try await RunningServer(["bash", "-c", script, "bash"] + arguments)
    }

    /// The same folder as the tests of the server see it.
    func upstream(at url: String) throws -> TestUpstream {
        let folder = try StateFolder(opening: state)
        return TestUpstream(
            path: path, folder: folder, maker: try TestMaker(),
            peer: Peer(url: url, authority: folder.authorityPath, folder: path, process: try PeerProcess()),
            desk: try EnrolmentDesk(folder: folder, clock: systemClock))
    }

    /// A server that said it was ready.
    final class RunningServer: Sendable {
        let url: String
        private let process: Process
        private let ended: AsyncStream<Int32>

        init(_ arguments: [String]) async throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = arguments
            let output = Pipe()
            process.standardOutput = output
            let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
            process.terminationHandler = {
                continuation.yield($0.terminationStatus)
                continuation.finish()
            }
            try process.run()
            let (lines, lineContinuation) = AsyncStream.makeStream(of: Data.self)
            let reader = output.fileHandleForReading
            Thread.detachNewThread {
                lineContinuation.yield(reader.availableData)
                lineContinuation.finish()
            }
            var ready = JSONValue.null
            for await line in lines { ready = try JSONValue.parse(Array(line)) }
            url = try #require(ready["url"]?.stringValue)
            self.process = process
            self.ended = ended
        }

        /// Sends a signal and returns the exit status, or the signal that ended the process.
        func kill(_ signal: Int32) async -> Int32 {
            Foundation.kill(process.processIdentifier, signal)
            for await status in ended { return status }
            return -1
        }
    }
}
