import ArgumentParser

struct FirmwareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firmware", abstract: "Firmware of devices.",
        subcommands: [FirmwareCheckCommand.self, FirmwareListCommand.self, FirmwareVerifyCommand.self])
}
