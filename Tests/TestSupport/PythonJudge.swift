import Foundation

/// Runs the independent judges of Tests/Conformance, which are Python scripts.
///
/// The interpreter is the one that CORHUB_PYTHON names; it has the packages of Tests/Conformance/requirements.txt
/// installed. `./scripts/test` sees to both.
package enum PythonJudge {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let environment = ProcessInfo.processInfo.environment

    /// Why a test that needs a judge is skipped.
    package static let skipReason: String = "CORHUB_PYTHON is not set; ./scripts/test sets it"

    /// False skips the test. In CI nothing is skipped: there a missing interpreter is a failure.
    package static var isDemanded: Bool {
        environment["CORHUB_PYTHON"] != nil || environment["CI"] == "true"
    }

    /// Runs a script of Tests/Conformance and returns its standard output; an exit status other than 0 is a failure.
    package static func run(_ script: String, _ arguments: [String], input: String = "") throws -> String {
        guard let interpreter = environment["CORHUB_PYTHON"] else { throw Failure(description: skipReason) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "corhub-judge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["input", "output", "error"].map { folder.appending(path: $0) }
        try Data(input.utf8).write(to: files[0])
        for file in files[1...] { try Data().write(to: file) }

        let process = Process()
        process.executableURL = URL(filePath: interpreter)
        process.arguments =
            [PackageFolder.root.appending(path: "Tests/Conformance/" + script).path(percentEncoded: false)] + arguments
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let complaint = try String(contentsOf: files[2], encoding: .utf8)
            throw Failure(description: "\(script) ended with status \(process.terminationStatus)\n\(complaint)")
        }
        return try String(contentsOf: files[1], encoding: .utf8)
    }
}
