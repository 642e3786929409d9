import ArgumentParser

struct FirmwareConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Confirm an image on trial that has passed its self-test, without waiting longer.",
        discussion: "Example: corhub firmware confirm")

    @OptionGroup var order: FirmwareOrderOptions

    func run() async throws { try await order.carryOut("confirm") }
}
