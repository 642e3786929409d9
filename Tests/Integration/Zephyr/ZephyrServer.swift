import Foundation

/// Zephyr's own SMP server, a process in its own network namespace.
enum ZephyrServer {
    /// Where the server is, or why it cannot be had here.
    enum Availability: Sendable {
        case installed(path: String)
        case missing(reason: String)
    }

    struct Answer {
        var status: Int
        var json: [String: Any]

        var result: [String: Any]? { json["result"] as? [String: Any] }
        var error: [String: Any]? { json["error"] as? [String: Any] }
    }

    private static let skipStatus: Int32 = 77
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// Fetches and installs once in a test run.
    static let availability: Availability = {
        do {
            let setup = try run("setup", arguments: [], input: "")
            switch setup.status {
            case 0: return .installed(path: setup.output.trimmingCharacters(in: .whitespacesAndNewlines))
            case skipStatus: return .missing(reason: setup.errorOutput)
            default: return .missing(reason: "setup failed with status \(setup.status): \(setup.errorOutput)")
            }
        } catch {
            return .missing(reason: "\(error)")
        }
    }()

    static var isInstalled: Bool {
        switch availability {
        case .installed:
            return true
        case .missing(let reason):
            print("skipped, Zephyr's server is not available: \(reason)")
            return false
        }
    }

    /// Runs `corhub smp` with each of the verbs against a fresh server.
    static func answers(to verbs: [String]) throws -> [Answer] {
        guard case .installed(let path) = availability else { return [] }
        let ran = try run(
            "with-server", arguments: [path, corhubPath], input: verbs.joined(separator: "\n") + "\n")
        guard ran.status == 0 else { throw ZephyrFailure(status: ran.status, errorOutput: ran.errorOutput) }
        return try ran.output.split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            let json = try JSONSerialization.jsonObject(with: Data(parts[1].utf8))
            return Answer(status: Int(parts[0]) ?? -1, json: json as? [String: Any] ?? [:])
        }
    }

    /// The tool that was built beside this test bundle.
    private static var corhubPath: String {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "corhub").path
    }

    private static func run(
        _ script: String, arguments: [String], input: String
    ) throws -> (status: Int32, output: String, errorOutput: String) {
        let process = Process()
        process.executableURL = folder.appending(path: script)
        process.arguments = arguments
        let inputPipe = Pipe()
        let outputPipe = Pipe()
        let errorFile = FileManager.default.temporaryDirectory.appending(path: "zephyr-\(UUID().uuidString).log")
        FileManager.default.createFile(atPath: errorFile.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: errorFile) }
        process.standardInput = inputPipe
        process.standardOutput = outputPipe
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        try inputPipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try inputPipe.fileHandleForWriting.close()
        let output = try outputPipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let errorOutput = try Data(contentsOf: errorFile)
        return (
            process.terminationStatus, String(decoding: output, as: UTF8.self),
            String(decoding: errorOutput, as: UTF8.self)
        )
    }
}

struct ZephyrFailure: Error {
    var status: Int32
    var errorOutput: String
}
