import ArgumentParser
import HubAgent
import HubCore
import JSONCoding

/// `corhub doctor`: what is wrong, and what to do.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what is wrong with this hub, and say what to do about it.",
        discussion: """
            One finding a line, problems first. It works without the agent; run it as root or as the agent's user, so that it \
            can look at the identity and at the upstream. Exit status: 0 nothing is wrong, 1 problems, 2 only warnings.

            Examples: corhub doctor
                      corhub doctor --json | jq -r '.findings[].remedy'
            """)

    @Option(help: "The configuration file.", completion: .file())
    var config = ConfigCommand.defaultFile

    @Option(
        help: "Look at sysfs, proc, udev's rules and groups below this folder, as of a mounted image.",
        completion: .directory)
    var root = "/"

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let output = CommandOutput(command: "doctor", isJSON: json)
        try await output.runToStatus { () async throws(CommandProblem) in
            let diagnosis = DoctorDiagnosis(
                of: await DoctorExamination(root: root, configurationFile: config).facts())
            output.tell(Self.json(diagnosis)) { Self.lines(diagnosis) }
            guard !diagnosis.findings.isEmpty else { return .done }
            return diagnosis.hasProblem ? .failed : .nothingToDo
        }
    }

    private static func lines(_ diagnosis: DoctorDiagnosis) -> [String] {
        var lines = diagnosis.findings.map { finding in
            "\(finding.severity.rawValue.uppercased()) \(finding.code): \(finding.message.printable)"
                + " -> \(finding.remedy)"
        }
        let looked = DoctorFinding.Check.allCases.count - diagnosis.skipped.count
        lines.append(
            (diagnosis.findings.isEmpty ? "nothing is wrong; " : "")
                + "\(looked) checks were made"
                + (diagnosis.skipped.isEmpty
                    ? "" : ", not possible: \(diagnosis.skipped.map(\.rawValue).joined(separator: ", "))"))
        return lines
    }

    private static func json(_ diagnosis: DoctorDiagnosis) -> JSONValue {
        [
            "schema": "corhub/doctor/1",
            "findings": .array(
                diagnosis.findings.map {
                    [
                        "check": .string($0.check.rawValue), "code": .string($0.code),
                        "severity": .string($0.severity.rawValue), "message": .string($0.message.printable),
                        "remedy": .string($0.remedy),
                    ]
                }),
            "skipped": .array(diagnosis.skipped.map { .string($0.rawValue) }),
        ]
    }
}
