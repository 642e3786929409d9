import ArgumentParser

struct FirmwareResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Agree to an update, end its pause, or try it again after a passing failure.",
        discussion: "Example: corhub firmware resume --device COR1-000042")

    @OptionGroup var order: FirmwareOrderOptions

    func run() async throws { try await order.carryOut("resume") }
}
