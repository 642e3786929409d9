import ArgumentParser
import Glibc
import UnixSignals

/// `corhub demo`: the whole chain on one machine, with a virtual device and a local upstream. Ends by itself.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Watch readings travel from a virtual COR One to a verified receipt; ends by itself.",
        discussion: """
            Example: corhub demo

            Starts corone-sim and corhub-upstream, which stand beside corhub, on loopback and in a folder of their own. \
            Nothing outside that folder is touched.
            """)

    @Option(help: "The folder to work in, which must not exist. Default: a new one in $TMPDIR or /tmp.")
    var folder: String?

    @Option(help: "Where corone-sim and corhub-upstream are. Default: beside corhub.")
    var programs: String?

    func run() async throws {
        try await CommandOutput(command: "demo", isJSON: false).run { () async throws(CommandProblem) in
            let place = (folder: try makeFolder(), programs: try programFolder())
            // The stage belongs to this task alone; a signal cancels it, and it ends its programs in order.
            let playing = Task { () async -> CommandProblem? in
                let stage = DemoStage(folder: place.folder, programs: place.programs)
                defer { stage.stop() }
                do throws(CommandProblem) {
                    try await DemoScript(stage: stage, say: StandardStreams.printLine).play()
                    return nil
                } catch {
                    return error
                }
            }
            let signals = Task {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { playing.cancel() }
            }
            let problem = await playing.value
            signals.cancel()
            if let problem { throw problem }
        }
    }

    private func makeFolder() throws(CommandProblem) -> String {
        if let folder {
            guard mkdir(folder, 0o700) == 0 else {
                throw CommandProblem(.failed, code: "folder", "\(folder): \(String(cString: strerror(errno)))")
            }
            return folder
        }
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/corhub-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandProblem(.failed, code: "folder", "\(parent): \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// As named, or the folder of this program's own file.
    private func programFolder() throws(CommandProblem) -> String {
        if let programs { return programs }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &path, path.count)
        let text = String(decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = text.lastIndex(of: "/") else {
            throw CommandProblem(
                .failed, code: "programs", "cannot find this program's folder; name it with --programs")
        }
        return String(text[..<slash])
    }
}
