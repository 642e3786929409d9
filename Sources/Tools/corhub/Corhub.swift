import ArgumentParser
import HubAgent

@main
struct Corhub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corhub",
        abstract: "The agent of a home hub for COR One.",
        discussion: """
            Examples: corhub demo                    everything on this machine, with a virtual device
                      corhub run                     the agent, configured by /etc/corhub/corhub.toml
                      corhub status                  what it is doing
                      corhub reading trace 8a1f6d02  one reading's way, every step checked again
            """,
        version: CorhubVersion.text,
        subcommands: [
            RunCommand.self, EnrollCommand.self, StatusCommand.self, DeviceCommand.self, ReadingCommand.self,
            FirmwareCommand.self, RolloutCommand.self, InhibitCommand.self, WindowCommand.self, ModelCommand.self,
            BufferCommand.self, AuditCommand.self, MonitorCommand.self, MetricsCommand.self, DoctorCommand.self,
            DiagCommand.self,
            AnalyzeCommand.self, ConfigCommand.self, SMPCommand.self, DemoCommand.self, CompletionsCommand.self,
            VersionCommand.self,
        ])

    /// On the main thread, since what is asked of the process comes before all other threads.
    @MainActor
    static func main() async {
        AgentProcess.prepare()
        await main(nil)
    }
}
