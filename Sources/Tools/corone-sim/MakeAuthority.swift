import ArgumentParser
import DeviceSimulator
import DurableFiles

/// `corone-sim make-ca DIR`.
struct MakeAuthority: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-ca",
        abstract: "Make a test device CA: device-ca.pem, and device-ca.key that only you can read.")

    @Argument(help: "The folder for it; a CA that is there already stays.")
    var folder: String

    func run() throws {
        let authority = AuthorityFolder(path: folder)
        do {
            _ = try authority.loadOrMake()
        } catch {
            throw Failure("\(error)")
        }
        StandardOutput.write(line: authority.certificateFile.path)
    }
}
