import ArgumentParser

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "The devices that this hub works with.",
        subcommands: [
            DeviceListCommand.self, DeviceShowCommand.self, DeviceScanCommand.self, DevicePairCommand.self,
            DeviceRegisterCommand.self, DeviceUnpairCommand.self, DeviceAssignCommand.self, DeviceRenameCommand.self,
            DeviceIdentifyCommand.self, DeviceSelfTestCommand.self, DeviceWaitCommand.self,
        ])
}
