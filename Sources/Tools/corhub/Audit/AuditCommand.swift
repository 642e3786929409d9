import ArgumentParser
import CORProtocol
import JSONCoding

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The hub's own log, a hash chain.",
        subcommands: [AuditShowCommand.self, AuditVerifyCommand.self])
}

struct AuditShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show audit entries, the newest last.")

    @OptionGroup var control: ControlOptions
    @Option(help: "From this sequence on; without it the newest entries.")
    var from: UInt64?
    @Option(help: "At most this many, 1 to 1000.")
    var limit = 50

    func run() async throws {
        let output = control.output("audit show")
        try await output.run { () async throws(CommandProblem) in
            let client = try control.client()
            var first = from
            if first == nil {
                let head = try await client.get("/v1/audit?limit=1")["head"]?["sequence"]?.integerValue ?? 0
                first = UInt64(max(1, head - Int64(limit) + 1))
            }
            let answer = try await client.get("/v1/audit?from=\(first ?? 1)&limit=\(limit)")
            output.tell(answer) {
                var table = TextTable(["SEQ", "TIME", "TYPE", "OUTCOME", "SUBJECT", "DETAIL"])
                for entry in answer.list("entries") {
                    table.add([
                        entry.text("sequence"), entry.time("time"), entry.text("type"), entry.text("outcome"),
                        entry.text("subject"), entry.text("detail"),
                    ])
                }
                return table.lines
            }
        }
    }
}

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Prove that no audit entry was changed, removed or put in between.",
        discussion: """
            The chain is computed here from the entries' own bytes. It proves what lies between its ends; that its newest
            end was not rewritten as a whole is proved by the upstream, which has every entry up to the last receipt.
            Exit status 1 when the chain is broken.
            """)

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("audit verify")
        try await output.run { () async throws(CommandProblem) in
            let chain = try await AuditChainCheck.ofAgent(try control.client())
            output.tell([
                "schema": "corhub/audit-verification/1", "sound": true, "entries": .integer(Int64(chain.count)),
                "first": .integer(Int64(chain.firstSequence)), "last": .integer(Int64(chain.nextSequence - 1)),
                "hash": .string(chain.lastHash.hex),
            ]) {
                [
                    "\(chain.count) entries, \(chain.firstSequence) to \(chain.nextSequence - 1), form one chain",
                    "newest hash \(chain.lastHash.hex)",
                ]
            }
        }
    }
}
