import Foundation

/// Runs other people's programs without holding a thread of Swift's pool, which the server under test needs.
enum Subprocess {
    struct Failure: Error, CustomStringConvertible {
        let command: String
        let status: Int32
        /// Its standard error.
        let complaint: String

        var description: String { "\(command) ended with status \(status)\n\(complaint)" }
    }

    static func run(_ arguments: [String], input: String = "") async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "corhub-process-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["input", "output", "error"].map { folder.appending(path: $0) }
        try Data(input.utf8).write(to: files[0])
        for file in files[1...] { try Data().write(to: file) }

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else {
            throw Failure(
                command: arguments[0], status: status, complaint: try String(contentsOf: files[2], encoding: .utf8))
        }
        return try String(contentsOf: files[1], encoding: .utf8)
    }
}
