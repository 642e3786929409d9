import ArgumentParser

struct BufferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buffer", abstract: "What is kept on this hub, and what waits to go upstream.",
        subcommands: [
            BufferStatusCommand.self, BufferFlushCommand.self, BufferRequeueCommand.self, BufferNewEpochCommand.self,
            BufferVerifyCommand.self, BufferExportCommand.self,
        ])
}
