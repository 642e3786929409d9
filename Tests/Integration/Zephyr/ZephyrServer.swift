import Foundation

/// Zephyr's own SMP server, a process in its own network namespace.
enum ZephyrServer {
    /// Where the server is, or why it cannot be had here, which skips, or why that is unknown, which fails.
    enum Availability: Sendable {
        case installed(path: String)
        case missing(reason: String)
        case broken(ZephyrFailure)
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
            let setup = try run("setup", arguments: [])
            switch setup.status {
            case 0: return .installed(path: setup.output.trimmingCharacters(in: .whitespacesAndNewlines))
            case skipStatus: return .missing(reason: setup.errorOutput)
            default: return .broken(ZephyrFailure(status: setup.status, errorOutput: setup.errorOutput))
            }
        } catch {
            return .broken(ZephyrFailure(status: -1, errorOutput: "\(error)"))
        }
    }()

    static var isWanted: Bool {
        switch availability {
        case .installed, .broken:
            return true
        case .missing(let reason):
            print("skipped, Zephyr's server is not available: \(reason)")
            return false
        }
    }

    /// Runs `corhub smp` with each of the verbs against a fresh server.
    static func answers(to verbs: [String]) throws -> [Answer] {
        let path: String
        switch availability {
        case .installed(let installed): path = installed
        case .missing(let reason): throw ZephyrFailure(status: skipStatus, errorOutput: reason)
        case .broken(let failure): throw failure
        }
        let ran = try run("with-server", arguments: [path, corhubPath] + verbs)
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

    /// Output goes to files: a pipe's ends would be inherited by whatever other tests start meanwhile.
    private static func run(
        _ script: String, arguments: [String]
    ) throws -> (status: Int32, output: String, errorOutput: String) {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "corhub-zephyr-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let outputFile = scratch.appending(path: "output")
        let errorFile = scratch.appending(path: "error")
        try Data().write(to: outputFile)
        try Data().write(to: errorFile)

        let process = Process()
        process.executableURL = folder.appending(path: script)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: try Data(contentsOf: outputFile), as: UTF8.self),
            String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
        )
    }
}

struct ZephyrFailure: Error {
    var status: Int32
    var errorOutput: String
}
