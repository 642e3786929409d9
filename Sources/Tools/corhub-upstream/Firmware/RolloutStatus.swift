import ArgumentParser
import FirmwarePublisher
import FirmwareRollout
import UpstreamServer

/// Where rollouts stand by what hubs have reported; with `--watch` the gate, which advances and pauses them.
struct RolloutStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show where rollouts stand, and what the gate says.",
        discussion: """
            With --watch the gate does what it says: it opens stages and pauses rollouts, by the failure limit of each, and tells \
            why; `rollout gate` does the same once. It also signs snapshot and timestamp anew when half of their life is over. \
            Wants the keys of rollouts, snapshot and \
            timestamp then.

            Example: corhub-upstream rollout status --model "COR One" --repository firmware --state state
                     corhub-upstream rollout status --model "COR One" --repository firmware --state state --keys keys --watch 60
            """)

    @Option(help: "The model, as devices name it.")
    var model: String
    @Option(help: ArgumentHelp("Look again and again, and do what the gate says.", valueName: "seconds"))
    var watch: Int?
    @OptionGroup var state: StateOption
    @OptionGroup var options: PublisherOptions
    @OptionGroup var output: CommandOutput

    func validate() throws {
        guard FirmwareNames.isModel(model) else { throw ValidationError("--model is no model's name") }
        guard watch.map({ (1...86_400).contains($0) }) ?? true else {
            throw ValidationError("--watch is 1 to 86400 seconds")
        }
    }

    func run() async throws {
        try await reporting {
            let round = RolloutRound(model: model, registry: try state.registry(), output: output)
            var told: [String: RolloutGate.Verdict] = [:]
            repeat {
                do {
                    try await look(round, &told)
                } catch PublisherFault.busy where watch != nil {
                    // Somebody publishes by hand.
                    try await Task.sleep(for: .seconds(1))
                }
                guard let watch else { return }
                try await Task.sleep(for: .seconds(watch))
            } while !Task.isCancelled
        }
    }

    private func look(_ round: RolloutRound, _ told: inout [String: RolloutGate.Verdict]) async throws {
        for rollout in try options.publisher().rollouts(of: model).rollouts {
            let publisher = try options.publisher()
            let evidence = try await round.evidence(on: rollout, publisher)
            let verdict: RolloutGate.Verdict
            var after = rollout
            if watch == nil {
                verdict = RolloutGate.verdict(on: rollout, evidence, at: systemClock() / 1_000)
            } else {
                (after, verdict) = try publisher.pass(rollout.id, of: model, evidence)
            }
            // While it watches, only what is new is told.
            guard watch == nil || told[rollout.id] != verdict else { continue }
            told[rollout.id] = verdict
            round.tell(after, evidence, verdict, acts: watch != nil)
        }
        if watch != nil { try options.publisher().refreshIfDue() }
    }
}
