import ArgumentParser
import CORProtocol
import JSONCoding
import UpstreamClient

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the audit chain as it is stored, for `corhub audit verify FILE`.",
        discussion: """
            Example: corhub audit export audit.cbor

            FILE is a CBOR sequence (RFC 8742) of audit entries, the oldest first (firmware-specs/cddl/audit.cddl). Keep the \
            newest hash that is printed elsewhere: without it nobody can tell a file that was cut short from a shorter one.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The file to make; one that exists is left alone.")
    var file: String

    func run() async throws {
        let output = control.output("audit export")
        try await output.run { () async throws(CommandProblem) in
            let target = try NewFile(file)
            var bytes: [UInt8] = []
            let chain = try await AuditChainCheck.ofAgent(try control.client()) { bytes += $0 }
            try target.fill(bytes)
            output.tell(chain.json) { ["\(chain.count) entries in \(file)", "newest hash \(chain.lastHash.hex)"] }
        }
    }
}
