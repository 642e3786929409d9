import Foundation
import TestSupport

/// The running Tests/Conformance/upstream_peer.py: a line in, a line out. It needs Python's standard library only.
///
/// A thread of its own reads, because the server under test needs those of Swift's pool.
actor PeerProcess {
    struct Failure: Error {}

    private let process = Process()
    private let input = Pipe()
    private let lines: AsyncStream<String>

    init() throws {
        let script = PackageFolder.root.appending(path: "Tests/Conformance/upstream_peer.py")
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            ProcessInfo.processInfo.environment["CORHUB_PYTHON"] ?? "python3", script.path(percentEncoded: false),
        ]
        process.standardInput = input
        process.standardOutput = output
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        let reader = output.fileHandleForReading
        Thread.detachNewThread {
            var pending = Data()
            while case let chunk = reader.availableData, !chunk.isEmpty {
                pending += chunk
                while let newline = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: pending[..<newline], as: UTF8.self))
                    pending = Data(pending[(newline + 1)...])
                }
            }
            continuation.finish()
        }
        try process.run()
    }

    /// Sends one request and waits for its answer; requests come one after the other.
    func exchange(_ line: String) async throws -> String {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        for await line in lines { return line }
        throw Failure()
    }

    func end() {
        try? input.fileHandleForWriting.close()
    }
}
