import ArgumentParser
import HubAgent

@main
struct Corhub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corhub",
        abstract: "The agent of a home hub for COR One.",
        version: CorhubVersion.text,
        subcommands: [
            RunCommand.self, EnrollCommand.self, StatusCommand.self, DeviceCommand.self, ReadingCommand.self,
            BufferCommand.self, AuditCommand.self, MonitorCommand.self, AnalyzeCommand.self, SMPCommand.self,
            DemoCommand.self, VersionCommand.self,
        ])
}
