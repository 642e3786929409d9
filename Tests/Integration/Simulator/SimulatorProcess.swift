import Foundation

/// `corone-sim --control` as a process of its own: commands in, events out.
final class SimulatorProcess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()

    /// Events that one wait passes by before it gives up; each is a line that the simulator printed.
    private static let passedEventCountMax = 10_000

    /// Starts a device and waits until it listens.
    init(_ arguments: [String]) throws {
        process.executableURL = Self.executable
        process.arguments = ["--control"] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        // The end of its input ends the simulator; one that hangs must not outlive the test.
        try? input.fileHandleForWriting.close()
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    /// The tool that was built beside this test bundle.
    static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "corone-sim")

    func perform(_ command: [String: Any]) throws {
        let line = try JSONSerialization.data(withJSONObject: command) + Data([0x0A])
        try input.fileHandleForWriting.write(contentsOf: line)
    }

    /// The next event of that name; others before it are passed by.
    func event(_ name: String) throws -> [String: Any] {
        for _ in 0..<Self.passedEventCountMax {
            let line = try readLine()
            guard let event = try JSONSerialization.jsonObject(with: line) as? [String: Any] else {
                throw Failure(description: "no JSON object: \(String(decoding: line, as: UTF8.self))")
            }
            if event["event"] as? String == name { return event }
        }
        throw Failure(description: "\(name) did not come")
    }

    /// Ends the device, and returns its exit status.
    func end(by signal: Int32? = nil) throws -> Int32 {
        if let signal { kill(process.processIdentifier, signal) } else { try input.fileHandleForWriting.close() }
        process.waitUntilExit()
        return process.terminationStatus
    }

    private func readLine() throws -> Data {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                defer { unread = Data(unread[unread.index(after: end)...]) }
                return Data(unread[..<end])
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Failure(description: "the simulator has ended") }
            unread += more
        }
    }
}
