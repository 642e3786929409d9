import ArgumentParser

struct FirmwareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firmware", abstract: "Firmware of devices: judge images, install them, follow updates.",
        subcommands: [
            FirmwareCheckCommand.self, FirmwareListCommand.self, FirmwareVerifyCommand.self,
            FirmwareInstallCommand.self, FirmwareStatusCommand.self,
            FirmwareHistoryCommand.self, FirmwareConfirmCommand.self, FirmwareRollbackCommand.self,
            FirmwareCancelCommand.self, FirmwareResumeCommand.self,
        ])
}
