import ArgumentParser
import CORProtocol
import JSONCoding

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Prove that no audit entry was changed, removed or put in between.",
        discussion: """
            The chain is computed here from the entries' own bytes. It proves what lies between its ends; that its newest
            end was not rewritten as a whole is proved by the upstream, which has every entry up to the last receipt.
            Example: corhub audit verify. Exit status 1 when the chain is broken.
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
