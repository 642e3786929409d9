import ArgumentParser
import JSONCoding
import UpstreamServer

struct Operator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Certificates of those who may read.", subcommands: [Create.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and a certificate: NAME.key, NAME.pem and ca.pem.")

        @Argument(help: "The operator's name: 1 to 64 of A-Z, a-z, 0-9, - and _.")
        var name: String

        @Option(help: ArgumentHelp("The folder to put them into.", valueName: "dir"))
        var out: String

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func validate() throws {
            guard (1...64).contains(name.utf8.count),
                name.utf8.allSatisfy({ character in
                    switch character {
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                    default: false
                    }
                })
            else { throw ValidationError("a name has 1 to 64 of A-Z, a-z, 0-9, - and _") }
        }

        func run() async throws {
            try await reporting {
                let files = try await state.desk().createOperator(name: name, into: out)
                output.write(
                    [
                        "operator": .string(name), "certificate": .string(files.certificate),
                        "key": .string(files.key), "ca": .string(files.authority),
                    ],
                    text: "made \(files.certificate), \(files.key) and \(files.authority)")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bar every certificate of an operator.")

        @Argument var name: String

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                guard try await state.desk().revokeOperator(name) else { throw NotFound("no operator \(name)") }
                output.write(["operator": .string(name), "state": "revoked"], text: "revoked \(name)")
            }
        }
    }
}
