import ArgumentParser
import FirmwarePublisher
import UpstreamServer

/// Which repository is worked on, and with which keys.
struct PublisherOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The repository's folder; a web server serves it.", valueName: "dir"))
    var repository: String

    @Option(help: ArgumentHelp("A folder with keys; more than one may be given.", valueName: "dir"))
    var keys: [String] = []

    func publisher() throws -> FirmwarePublisher {
        FirmwarePublisher(
            repository: repository, keys: try KeyRing(folders: keys), at: systemClock() / 1_000)
    }
}
