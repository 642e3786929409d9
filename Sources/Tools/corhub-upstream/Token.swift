import ArgumentParser
import CORProtocol
import JSONCoding
import UpstreamServer

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One-time tokens that let hubs enrol.",
        subcommands: [Create.self, List.self, Release.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a token for one hub; it is shown once.")

        @Argument(help: "The hub's id: 4 to 64 of a-z, 0-9 and -.")
        var hub: HubID

        @Option(help: ArgumentHelp("How long it may be used.", valueName: "hours"))
        var hours = 24

        @Flag(help: "Issue nothing until `token release`; the hub waits.")
        var hold = false

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func validate() throws {
            guard (1...720).contains(hours) else { throw ValidationError("--hours is 1 to 720") }
        }

        func run() async throws {
            try await reporting {
                let desk = try state.desk()
                let token = try await desk.createToken(for: hub, lifetime: .seconds(hours * 3600), isHeld: hold)
                let claim = try desk.claim(of: token, for: hub).text
                output.write(
                    [
                        "id": .string(token.id), "hub": .string(hub.text), "token": .string(claim),
                        "state": hold ? "held" : "open",
                    ], text: claim)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what tokens there are, but not the tokens.")

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                for token in try await state.desk().tokens() {
                    output.write(
                        [
                            "id": .string(token.id), "hub": .string(token.hub.text),
                            "state": .string(token.state.rawValue), "created_ms": .integer(token.createdMilliseconds),
                            "expires_ms": .integer(token.expiresMilliseconds),
                            "used_ms": token.usedMilliseconds.map { .integer($0) } ?? .null,
                        ],
                        text: "\(token.id)  \(token.hub.text)  \(token.state.rawValue)")
                }
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a held token be used.")

        @Argument(help: "The token's id, as `token list` shows it.")
        var id: String

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                guard try await state.desk().release(tokenID: id) else { throw NotFound("no held token \(id)") }
                output.write(["id": .string(id), "state": "open"], text: "released \(id)")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an open token useless.")

        @Argument(help: "The token's id, as `token list` shows it.")
        var id: String

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                guard try await state.desk().revokeToken(id: id) else { throw NotFound("no open token \(id)") }
                output.write(["id": .string(id), "state": "revoked"], text: "revoked \(id)")
            }
        }
    }
}
