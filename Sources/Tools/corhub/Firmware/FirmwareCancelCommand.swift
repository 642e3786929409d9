import ArgumentParser

struct FirmwareCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Give an update up; what the device tries already is taken back.",
        discussion: "Example: corhub firmware cancel --device COR1-000042")

    @OptionGroup var order: FirmwareOrderOptions

    func run() async throws { try await order.carryOut("cancel") }
}
