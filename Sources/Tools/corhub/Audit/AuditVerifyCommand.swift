import ArgumentParser
import CORProtocol
import JSONCoding

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Prove that no audit entry was changed, removed or put in between.",
        discussion: """
            Examples: corhub audit verify
                      corhub audit verify audit.cbor --newest 5f0c…   (works without an agent)

            The chain is computed here from the entries' own bytes. It proves what lies between its ends; that its newest \
            end was not rewritten as a whole is proved by the upstream, which has every entry up to the last receipt.
            Exit status 1 when the chain is broken.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "A file that `corhub audit export` wrote; the running agent's chain unless given.")
    var file: String?
    @Option(help: "With FILE: the hash that the newest entry must have, so that a file cut short is noticed.")
    var newest: String?

    func validate() throws {
        guard newest == nil || file != nil else { throw ValidationError("--newest needs FILE") }
        guard newest.map({ SHA256Hash(hex: $0) != nil }) ?? true else {
            throw ValidationError("--newest is 64 hexadecimal digits")
        }
    }

    func run() async throws {
        let output = control.output("audit verify")
        try await output.run { () async throws(CommandProblem) in
            let chain: AuditChainCheck
            if let file {
                chain = try AuditChainCheck.ofFile(file, newest: newest.flatMap { SHA256Hash(hex: $0) })
            } else {
                chain = try await AuditChainCheck.ofAgent(try control.client()) { _ in }
            }
            output.tell(chain.json) {
                [
                    "\(chain.count) entries, \(chain.firstSequence) to \(chain.nextSequence - 1), form one chain",
                    "newest hash \(chain.lastHash.hex)",
                ]
            }
        }
    }
}

extension AuditChainCheck {
    var json: JSONValue {
        [
            "schema": "corhub/audit-verification/1", "sound": true, "entries": .integer(Int64(count)),
            "first": .integer(Int64(firstSequence)), "last": .integer(Int64(nextSequence - 1)),
            "hash": .string(lastHash.hex),
        ]
    }
}
