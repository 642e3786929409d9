import ArgumentParser

struct FirmwareRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Go back from an image on trial to the one before.",
        discussion: "Example: corhub firmware rollback")

    @OptionGroup var order: FirmwareOrderOptions

    func run() async throws { try await order.carryOut("rollback") }
}
