import ArgumentParser
import Glibc
import TUFMetadata
import TUFUpdater
import TextEncodings

/// Drives the hub's TUF client from outside, so that conformance suites can. Not part of what is installed.
///
/// Exits 0 or 1 and nothing else.
@main
struct TUFClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tuf-client", abstract: "The hub's TUF client, for tests.",
        discussion: """
            Commands: init ROOT   takes ROOT as the trusted root; asks no server
                      refresh     brings the top-level metadata up to date
                      download    refreshes, then finds and stores each --target-name

            TUF_UPDATE_START_TIME, seconds since 1970, takes the clock's place.
            """)

    enum Verb: String, ExpressibleByArgument {
        case `init`, refresh, download
    }

    @Option(help: "Where trusted metadata are kept.")
    var metadataDir: String
    @Option(help: "Base of the metadata, http://…")
    var metadataUrl: String?
    @Option(help: "A target's path; may be given several times.")
    var targetName: [String] = []
    @Option(help: "Where targets are stored.")
    var targetDir: String?
    @Option(help: "Base of the targets, http://…")
    var targetBaseUrl: String?
    @Argument var verb: Verb
    @Argument(help: "With init: the trusted root.")
    var root: String?

    static func main() async {
        do {
            let client = try parse()
            try await client.perform()
        } catch let problem as Problem {
            complain(problem.message)
            Glibc.exit(1)
        } catch {
            complain(fullMessage(for: error))
            Glibc.exit(exitCode(for: error) == .success ? 0 : 1)
        }
    }

    private static func complain(_ text: String) {
        let line = Array("tuf-client: \(text)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }

    struct Problem: Error {
        let message: String
    }

    private func perform() async throws {
        switch verb {
        case .`init`: try takeRoot()
        case .refresh: _ = try await refreshed()
        case .download: try await download()
        }
    }

    /// No more than a copy: whether the root counts, the refresh says.
    private func takeRoot() throws {
        guard let root else { throw Problem(message: "init wants a root") }
        guard mkdir(metadataDir, 0o755) == 0 || errno == EEXIST else { throw Problem(message: "no \(metadataDir)") }
        let name = root.split(separator: "/").last.map(String.init) ?? root
        let source = root.contains("/") ? String(root.dropLast(name.utf8.count)) : "."
        guard let bytes = try MetadataFolder(source).read(name) else { throw Problem(message: "no \(root)") }
        let folder = MetadataFolder(metadataDir)
        try folder.replace("root.json", with: bytes)
        try folder.synchronise()
    }

    private func refreshed() async throws -> RepositoryUpdater {
        let repository = try RepositoryAddress(metadataUrl, option: "--metadata-url").repository()
        var updater = RepositoryUpdater(
            metadata: repository, folder: MetadataFolder(metadataDir), startTime: try Self.startTime())
        try await Self.telling { () async throws(MetadataFault) in try await updater.update() }
        return updater
    }

    private func download() async throws {
        guard let targetDir, !targetName.isEmpty else {
            throw Problem(message: "download wants --target-name and --target-dir")
        }
        let targets = try RepositoryAddress(targetBaseUrl, option: "--target-base-url").repository()
        let folder = MetadataFolder(targetDir)
        var updater = try await refreshed()
        for path in targetName {
            let (target, location) = try await Self.telling { () async throws(MetadataFault) in
                try await updater.find(path)
            }
            // One name a target, whatever slashes it has.
            let name = PercentEncoding.encode(path)
            if let stored = try folder.read(name), (try? target.facts.check(stored, name: path)) != nil { continue }
            let bytes = try await Self.telling { () async throws(MetadataFault) in
                try await RepositoryUpdater.read(target, at: location, from: targets)
            }
            try folder.replace(name, with: bytes)
        }
    }

    private static func telling<Value>(_ body: () async throws(MetadataFault) -> Value) async throws -> Value {
        do throws(MetadataFault) {
            return try await body()
        } catch {
            throw Problem(message: "\(error.code): \(error)")
        }
    }

    private static func startTime() throws -> Int64 {
        guard let text = getenv("TUF_UPDATE_START_TIME") else { return Int64(time(nil)) }
        guard let seconds = Int64(String(cString: text)) else {
            throw Problem(message: "TUF_UPDATE_START_TIME is no number of seconds")
        }
        return seconds
    }
}
