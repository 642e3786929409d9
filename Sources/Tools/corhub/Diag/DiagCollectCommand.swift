import ArgumentParser
import CHubShim
import CORProtocol
import HubAgent
import HubCore
import JSONCoding
import UpstreamClient

/// `corhub diag collect`: a file for whoever helps.
struct DiagCollectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect", abstract: "Write a tar file with the hub's state, without anything about a person.",
        discussion: """
            It holds versions, status, what waits, findings of the doctor, the configuration, metrics and the kinds of recent \
            audit entries. Names of devices, subjects, cartridges and readings are replaced by words, the same everywhere; no \
            keys, no readings, no texts of others. Look into it before you hand it over: tar tf FILE.

            Example: corhub diag collect --out corhub-diag.tar
            """)

    @OptionGroup var control: ControlOptions

    @Option(help: "The file to be made; it must not exist.", completion: .file())
    var out = "corhub-diag.tar"

    @Option(help: "The configuration file.", completion: .file())
    var config = ConfigCommand.defaultFile

    /// Name in the archive, and what is asked of the agent.
    private static let questions: [(name: String, target: String)] = [
        ("status.json", "/v1/status"), ("buffer.json", "/v1/buffer"), ("enrolment.json", "/v1/enrolment"),
        ("rollouts.json", "/v1/rollouts"),
    ]

    func run() async throws {
        let output = control.output("diag collect")
        try await output.run { () async throws(CommandProblem) in
            var notes: [String] = []
            var answers: [(String, JSONValue)] = []
            var redaction = Redaction()
            let client = try control.client()
            for (name, target) in Self.questions {
                do throws(CommandProblem) {
                    answers.append((name, try await client.get(target)))
                } catch {
                    notes.append("\(name) is missing: \(error.code)")
                }
            }
            // Not handed over: they tell the names that may stand anywhere.
            for target in ["/v1/devices", "/v1/readings?limit=1000"] {
                do throws(CommandProblem) {
                    redaction.learn(try await client.get(target))
                } catch {
                    notes.append("names of \(target.dropFirst(4).prefix { $0 != "?" }) are not known: \(error.code)")
                }
            }
            var texts: [(String, String)] = []
            var bare = [("version.txt", "corhub \(CorhubVersion.text) build \(CorhubVersion.buildText)\n")]
            do throws(ConfigurationFault) {
                let reading = try ConfigurationLoader.read(file: config)
                if let subject = reading.configuration.subject { redaction.learn(subject.text, as: "subject") }
                texts.append(("config.txt", ConfigurationReport(reading).lines.joined(separator: "\n") + "\n"))
            } catch {
                notes.append("config.txt is missing: it cannot be read")
            }
            for (_, value) in answers { redaction.learn(value) }
            do throws(CommandProblem) {
                answers.append(("audit.json", Self.kinds(of: try await client.get("/v1/audit?limit=1000"))))
            } catch {
                notes.append("audit.json is missing: \(error.code)")
            }
            do throws(CommandProblem) {
                let metrics = try await client.bytes(HTTPRequest(.get, "/metrics", isRepeatable: true))
                // No name is in them by the way in which they are made; a name like one of theirs must not change them.
                bare.append(("metrics.txt", String(decoding: metrics, as: UTF8.self)))
            } catch {
                notes.append("metrics.txt is missing: \(error.code)")
            }
            let diagnosis = DoctorDiagnosis(of: await DoctorExamination(root: "/", configurationFile: config).facts())
            texts.append(
                (
                    "doctor.txt",
                    diagnosis.findings.map { "\($0.severity.rawValue) \($0.code)" }.joined(separator: "\n") + "\n"
                ))
            texts += answers.map { ($0.0, redaction.redacted($0.1).serialized(pretty: true) + "\n") }
            texts.append(("notes.txt", notes.map { $0 + "\n" }.joined()))
            let members = bare + texts.map { ($0.0, redaction.redacted($0.1)) }
            let names = members.map(\.0)
            try write(members)
            output.tell([
                "schema": "corhub/diag/1", "file": .string(out), "members": .array(names.map(JSONValue.string)),
                "missing": .array(notes.map(JSONValue.string)),
            ]) { ["\(out): \(names.joined(separator: ", "))"] + notes }
        }
    }

    /// Of each entry what happened, when, and how it ended; not to whom.
    private static func kinds(of audit: JSONValue) -> JSONValue {
        let kept: Set = ["type", "outcome", "time", "sequence", "item"]
        return .array(
            (audit["entries"]?.arrayValue ?? []).map { entry in
                .object((entry.objectValue ?? []).filter { kept.contains($0.name) })
            })
    }

    private func write(_ texts: [(String, String)]) throws(CommandProblem) {
        var archive = TapeArchive()
        let seconds = corhub_realtime_milliseconds() / 1_000
        for (name, text) in texts {
            archive.add("corhub-diag/\(name)", Array(text.utf8), modified: seconds)
        }
        try NewFile(out).fill(archive.finished)
    }
}
