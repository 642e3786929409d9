import HubCore
import TUFMetadata
import Testing

@testable import TUFUpdater

@Suite("What a repository's troubles are called")
struct RepositoryUpdaterTests {
    private struct Broken: RepositoryPort {
        let fault: RepositoryFault

        func file(_ path: String, lengthMax: Int) async throws(RepositoryFault) -> [UInt8] {
            throw fault
        }
    }

    @Test("A folder without a root cannot be refreshed, and the repository is not asked")
    func noRoot() async {
        var updater = RepositoryUpdater(
            metadata: Broken(fault: .status(500)), folder: MetadataFolder("/nowhere"), startTime: 0)
        await #expect(throws: MetadataFault.storage(name: "root.json")) { try await updater.update() }
    }

    @Test("Nothing is looked for before a refresh")
    func order() async {
        var updater = RepositoryUpdater(
            metadata: Broken(fault: .status(500)), folder: MetadataFolder("/nowhere"), startTime: 0)
        await #expect(throws: MetadataFault.outOfOrder) { _ = try await updater.find("a") }
    }
}
