import ArgumentParser
import CORProtocol
import JSONCoding
import UpstreamServer

struct Hub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The hubs that have enrolled.", subcommands: [List.self, Revoke.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the hubs.")

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                for hub in try await state.desk().hubs() {
                    let standing = hub.revokedMilliseconds == nil ? "enrolled" : "revoked"
                    output.write(
                        [
                            "hub": .string(hub.hub.text), "state": .string(standing),
                            "enrolled_ms": .integer(hub.enrolledMilliseconds),
                            "revoked_ms": hub.revokedMilliseconds.map { .integer($0) } ?? .null,
                        ],
                        text: "\(hub.hub.text)  \(standing)")
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bar a hub and its certificates; with a new token it may enrol again.")

        @Argument var hub: HubID

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                guard try await state.desk().revokeHub(hub) else { throw NotFound("no hub \(hub.text)") }
                output.write(["hub": .string(hub.text), "state": "revoked"], text: "revoked \(hub.text)")
            }
        }
    }
}
