import ArgumentParser
import FirmwarePublisher
import FirmwareRollout
import JSONCoding
import MCUbootImage
import TUFMetadata
import UpstreamServer

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Which devices get which release, and when.",
        subcommands: [
            Create.self, Advance.self, Pause.self, Resume.self, Abort.self, RolloutStatus.self, RolloutGateCommand.self,
        ])

    /// Which rollout, of which model.
    struct Choice: ParsableArguments {
        @Argument(help: "The rollout's id: 1 to 64 of a-z, 0-9 and -.")
        var id: String
        @Option(help: "The model, as devices name it.")
        var model: String
        @OptionGroup var options: PublisherOptions
        @OptionGroup var output: CommandOutput

        func validate() throws {
            guard FirmwareNames.isRollout(id) else { throw ValidationError("an id has 1 to 64 of a-z, 0-9 and -") }
            guard FirmwareNames.isModel(model) else { throw ValidationError("--model is no model's name") }
        }

        func set(_ state: Rollout.State) async throws {
            try await reporting {
                let rollout = try options.publisher().set(state, of: id, of: model)
                output.write(rollout.json, text: "\(id) is \(rollout.state.rawValue)")
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a rollout: its first stage is open.",
            discussion: """
                Wants the keys of rollouts, snapshot and timestamp.

                Example: corhub-upstream rollout create spring --model "COR One" --release 1.1.0+0 \\
                         --stage 100:1d --stage 1000:2d --stage 10000:0s --repository firmware --keys keys
                """)

        @OptionGroup var choice: Choice
        @Option(help: "The release's version, such as 1.2.3+0.")
        var release: String
        @Option(
            name: .customLong("stage"),
            help: ArgumentHelp(
                "Devices of 10,000, and for how long the next stage waits: 100:1d. In rising order.",
                valueName: "devices:soak"))
        var stages: [StageOption] = []
        @Option(help: "Failures of 10,000 attempted devices, beyond which the rollout pauses.")
        var failureLimit = 200
        @Option(help: "Attempted devices, below which that says nothing.")
        var attemptedMin = 20
        @Option(help: "Failures at which the rollout pauses in any case.")
        var failedMax = 50
        @Option(help: "How long the rollout may begin updates, in days.")
        var days = 90
        @Flag(help: "At any time of day, not in the hub's maintenance window only.")
        var anyTime = false
        @Flag(help: "A person has to agree on each hub.")
        var ask = false
        @Flag(help: "Devices that run a newer version go back to this one.")
        var downgrade = false

        func validate() throws {
            guard !stages.isEmpty, stages.count <= Rollout.stageCountMax else {
                throw ValidationError("--stage is given 1 to \(Rollout.stageCountMax) times")
            }
            guard ImageVersion(release)?.description == release else {
                throw ValidationError("--release is a version such as 1.2.3+0")
            }
            guard (0...10_000).contains(failureLimit), attemptedMin >= 1, failedMax >= 1, (1...3_650).contains(days)
            else { throw ValidationError("a limit is out of its bounds") }
        }

        func run() async throws {
            try await reporting {
                let now = systemClock() / 1_000
                guard let version = ImageVersion(release) else { return }
                let rollout = Rollout(
                    id: choice.id, release: version,
                    stages: stages.map { .init(threshold: $0.threshold, earliest: now, soak: $0.soak) },
                    window: anyTime ? .any : .maintenance, consent: ask ? .ask : .automatic,
                    allowsDowngrade: downgrade,
                    failureLimit: .init(
                        perTenThousand: failureLimit, attemptedMin: attemptedMin, failedMax: failedMax),
                    expires: now + Int64(days) * 86_400)
                try choice.options.publisher().create(rollout, of: choice.model)
                choice.output.write(
                    rollout.json, text: "\(choice.id): \(release) for \(stages[0].threshold) of 10000 devices")
            }
        }
    }

    struct Advance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open the next stage. Hubs wait until the one before has soaked, whatever is opened.")

        @OptionGroup var choice: Choice

        func run() async throws {
            try await reporting {
                let rollout = try choice.options.publisher().advance(choice.id, of: choice.model)
                let open = rollout.stages.count { $0.opened != nil }
                choice.output.write(
                    rollout.json,
                    text: "\(choice.id): stage \(open) of \(rollout.stages.count) is open, "
                        + "\(rollout.stages[open - 1].threshold) of 10000 devices")
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin no more updates by it. What has begun ends by itself.")
        @OptionGroup var choice: Choice
        func run() async throws { try await choice.set(.paused) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on with a rollout that is paused.")
        @OptionGroup var choice: Choice
        func run() async throws { try await choice.set(.running) }
    }

    struct Abort: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a rollout for good.")
        @OptionGroup var choice: Choice
        func run() async throws { try await choice.set(.aborted) }
    }
}

/// A threshold and a soak, as `100:1d`.
struct StageOption: ExpressibleByArgument {
    let threshold: Int
    /// Seconds.
    let soak: Int64

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let threshold = Int(parts[0]), (1...Cohort.count).contains(threshold),
            let unit = parts[1].last.flatMap({ Self.units[$0] }), let count = Int64(parts[1].dropLast()), count >= 0,
            count <= Rollout.soakMax / unit
        else { return nil }
        self.threshold = threshold
        soak = count * unit
    }
}
