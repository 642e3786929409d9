import Foundation

/// The openssl command: an independent maker and judge of keys and certificates.
package enum OpenSSLTool {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Runs it in a folder and returns what it printed to both outputs.
    @discardableResult
    package static func run(_ arguments: [String], in folder: TemporaryFolder) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(filePath: folder.path)
        // A file, not a pipe: peers that other tests start meanwhile would inherit the pipe and keep it open.
        let name = "openssl-\(UUID().uuidString).log"
        try folder.write("", to: name)
        let output = try FileHandle(forWritingTo: URL(filePath: folder.file(name)))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        try output.close()
        let text = String(decoding: try Data(contentsOf: URL(filePath: folder.file(name))), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "openssl \(arguments.joined(separator: " ")): \(text)")
        }
        return text
    }
}
