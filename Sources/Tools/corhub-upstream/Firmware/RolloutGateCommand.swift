import ArgumentParser
import FirmwarePublisher
import FirmwareRollout
import UpstreamServer

/// One pass of the gate, for a timer: does what it says, tells what it did and why, and ends.
struct RolloutGateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate", abstract: "Advance or pause each rollout by its failure limit, once, and say why.",
        discussion: """
            For a timer, in the place of `rollout status --watch`. Signs snapshot and timestamp anew when half of their life is \
            over. Wants the keys of rollouts, snapshot and timestamp. Exit status: 0, whatever the gate said; 75 if somebody else \
            publishes at this moment.

            Example: corhub-upstream rollout gate --model "COR One" --repository firmware --state state --keys keys
            """)

    @Option(help: "The model, as devices name it.")
    var model: String
    @OptionGroup var state: StateOption
    @OptionGroup var options: PublisherOptions
    @OptionGroup var output: CommandOutput

    func validate() throws {
        guard FirmwareNames.isModel(model) else { throw ValidationError("--model is no model's name") }
    }

    /// BSD sysexits.h: EX_TEMPFAIL.
    private static let busyStatus: Int32 = 75

    func run() async throws {
        try await reporting {
            do {
                try await pass()
            } catch let fault as PublisherFault {
                guard case .busy = fault else { throw fault }
                _ = CommandOutput.failure(fault)
                throw ExitCode(Self.busyStatus)
            }
        }
    }

    private func pass() async throws {
        let round = RolloutRound(model: model, registry: try state.registry(), output: output)
        for rollout in try options.publisher().rollouts(of: model).rollouts {
            let publisher = try options.publisher()
            let evidence = try await round.evidence(on: rollout, publisher)
            let (after, verdict) = try publisher.pass(rollout.id, of: model, evidence)
            round.tell(after, evidence, verdict, acts: true)
        }
        try options.publisher().refreshIfDue()
    }
}
