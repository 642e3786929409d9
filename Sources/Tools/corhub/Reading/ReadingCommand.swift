import ArgumentParser

struct ReadingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reading", abstract: "The readings on this hub, and where each of them is.",
        subcommands: [
            ReadingListCommand.self, ReadingShowCommand.self, ReadingTraceCommand.self, ReadingWatchCommand.self,
            ReadingExportCommand.self, ReadingEraseCommand.self,
            ReadingAssignCommand.self, ReadingAnalyzeCommand.self,
        ])
}
