import ArgumentParser
import CORProtocol
import UpstreamServer

/// The folder that the server lives in.
struct StateOption: ParsableArguments {
    @Option(name: .customLong("state"), help: ArgumentHelp("The state folder.", valueName: "dir"))
    var path: String

    func desk() throws -> EnrolmentDesk {
        try EnrolmentDesk(folder: StateFolder(opening: path), clock: systemClock)
    }
}

extension StateOption {
    func registry() throws -> DeviceRegistry {
        try DeviceRegistry(folder: StateFolder(opening: path), clock: systemClock)
    }
}

extension HubID: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}

/// Runs a command's body; a failure becomes one line.
func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let code as ExitCode {
        throw code
    } catch {
        throw CommandOutput.failure(error)
    }
}
