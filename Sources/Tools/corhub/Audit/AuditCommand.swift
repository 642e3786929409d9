import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The hub's own log, a hash chain.",
        subcommands: [AuditShowCommand.self, AuditVerifyCommand.self, AuditExportCommand.self])
}
