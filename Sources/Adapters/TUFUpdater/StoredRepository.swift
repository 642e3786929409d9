package import HubCore

/// What the store has, as a repository: refreshed from it, the same rules say offline what the last metadata are still worth.
package struct StoredRepository: RepositoryPort {
    private let folder: MetadataFolder

    package init(_ folder: MetadataFolder) {
        self.folder = folder
    }

    package func file(_ path: String, lengthMax: Int) async throws(RepositoryFault) -> [UInt8] {
        // Nobody has published another root in the meantime. Everything else is stored without its version.
        let parts = path.split(separator: ".", maxSplits: 1)
        let isVersioned = parts.count == 2 && parts[0].utf8.allSatisfy { (0x30...0x39).contains($0) }
        let name = isVersioned ? String(parts[1]) : path
        guard !(isVersioned && name == "root.json") else { throw .status(404) }
        let bytes: [UInt8]?
        do throws(MetadataFolder.Fault) {
            bytes = try folder.read(name)
        } catch {
            throw .unreachable(reason: "the store cannot be read")
        }
        guard let bytes else { throw .status(404) }
        guard bytes.count <= lengthMax else { throw .tooLong(lengthMax: lengthMax) }
        return bytes
    }
}
