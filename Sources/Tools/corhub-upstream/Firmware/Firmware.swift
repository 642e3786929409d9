import ArgumentParser
import FirmwarePublisher
import JSONCoding
import UpstreamServer

struct Firmware: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The repository of firmware: its keys, and how long it holds.",
        subcommands: [Keys.self, Refresh.self])

    struct Keys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who signs what.", subcommands: [Init.self, Rotate.self])
    }

    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a repository and its keys.",
            discussion: """
                Keys of root and targets go into a folder of their own, to be kept offline; those of rollouts, snapshot and \
                timestamp into another, for the machine that publishes.

                Example: corhub-upstream firmware keys init --repository firmware --offline /media/stick/keys --online keys
                """)

        @Option(help: ArgumentHelp("The folder to make.", valueName: "dir"))
        var repository: String
        @Option(help: ArgumentHelp("Folder for the keys of root and targets.", valueName: "dir"))
        var offline: String
        @Option(help: ArgumentHelp("Folder for the keys of rollouts, snapshot and timestamp.", valueName: "dir"))
        var online: String
        @Option(help: "Keys of the root.")
        var rootKeys = 1
        @Option(help: "How many of them must sign.")
        var rootThreshold = 1
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                let root = try FirmwarePublisher.create(
                    at: repository, offline: offline, online: online, rootKeyCount: rootKeys,
                    rootThreshold: rootThreshold, at: systemClock() / 1_000)
                output.write(
                    ["repository": .string(repository), "root": .string(root)],
                    text: "made \(repository); hubs begin with \(root)")
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the keys of a role. Hubs follow by the root's word.",
            discussion: """
                Wants the keys of the root, and those of every role that signs anew. The old keys are kept as FILE.retired.

                Example: corhub-upstream firmware keys rotate timestamp --repository firmware --keys /media/stick/keys --keys keys
                """)

        @Argument(help: "root, targets, rollouts, snapshot or timestamp.")
        var role: String
        @OptionGroup var options: PublisherOptions
        @OptionGroup var output: CommandOutput

        func validate() throws {
            guard FirmwarePublisher.roles.contains(role) else {
                throw ValidationError("a role is one of \(FirmwarePublisher.roles.joined(separator: ", "))")
            }
        }

        func run() async throws {
            try await reporting {
                try options.publisher().rotate(role)
                output.write(["role": .string(role), "state": "rotated"], text: "\(role) has new keys")
            }
        }
    }

    struct Refresh: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign snapshot and timestamp anew. Wants the keys of these two.",
            discussion: """
                A timestamp holds for seven days: a hub that reads none for longer begins nothing new. `rollout status --watch` \
                does the same by itself.

                Example: corhub-upstream firmware refresh --repository firmware --keys keys
                """)

        @OptionGroup var options: PublisherOptions
        @OptionGroup var output: CommandOutput

        func run() async throws {
            try await reporting {
                try options.publisher().refresh()
                output.write(
                    ["repository": .string(options.repository), "state": "refreshed"],
                    text: "signed anew: \(options.repository)")
            }
        }
    }
}
