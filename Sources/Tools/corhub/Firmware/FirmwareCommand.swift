import ArgumentParser

struct FirmwareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firmware", abstract: "Firmware images of devices.", subcommands: [FirmwareVerifyCommand.self])
}
