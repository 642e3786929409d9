import CORProtocol
import Glibc
import HubCore
import TUFMetadata
import TUFUpdater

/// Where the hub keeps what a repository has shown it: trusted metadata, and the documents with rollouts.
///
/// Trust begins with the root that the configuration names. Another one begins anew: metadata of another publisher count for nothing.
struct FirmwareFolder: Sendable {
    private static let rootName = "root.json"
    /// Holds the SHA-256 of the configured root that trust began with.
    private static let anchorName = "anchor"
    private static let rootLengthMax = RefreshLimits().rootLengthMax

    let path: String
    private let rootPath: String

    /// - Parameter rootPath: the configured root.
    init(path: String, rootPath: String) {
        self.path = path
        self.rootPath = rootPath
    }

    var metadata: MetadataFolder { MetadataFolder(path + "/metadata") }
    var documents: MetadataFolder { MetadataFolder(path + "/rollouts") }

    /// Makes the folders, and sees to it that there is a root to begin with.
    func prepare() throws(AgentFault) {
        for folder in [path, path + "/metadata", path + "/rollouts"] {
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw .firmware("\(folder): \(SystemError.text(errno))")
            }
        }
        do {
            let configured = try configuredRoot()
            let anchor = Array(SHA256Hash.of(configured).hex.utf8)
            let state = MetadataFolder(path)
            if try state.read(Self.anchorName) == anchor, try isUsable() { return }
            let metadata = metadata
            for name in ["timestamp.json", "snapshot.json", "targets.json"] { try metadata.remove(name) }
            try metadata.replace(Self.rootName, with: configured)
            try metadata.synchronise()
            // Last, since it says that the rest is there.
            try state.replace(Self.anchorName, with: anchor)
            try state.synchronise()
        } catch let fault as AgentFault {
            throw fault
        } catch {
            throw .firmware("\(path): \(error)")
        }
    }

    private func configuredRoot() throws -> [UInt8] {
        let parts = rootPath.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
        let source = MetadataFolder(folder.isEmpty ? "/" : folder)
        guard let bytes = try source.read(String(parts.last ?? "")) else {
            throw AgentFault.firmware("firmware.root: \(rootPath) is not there")
        }
        guard bytes.count <= Self.rootLengthMax, Self.isRoot(bytes) else {
            throw AgentFault.firmware("firmware.root: \(rootPath) is no root that its own keys have signed")
        }
        return bytes
    }

    /// A stored root that a damaged disk has spoiled is replaced: the way from the configured one leads to it again.
    private func isUsable() throws -> Bool {
        guard let bytes = try metadata.read(Self.rootName) else { return false }
        return Self.isRoot(bytes)
    }

    private static func isRoot(_ bytes: [UInt8]) -> Bool {
        var refresh = MetadataRefresh(startTime: 0)
        _ = refresh.handle(.started)
        if case .finish(.failed)? = refresh.handle(.loaded(bytes)).first { return false }
        return true
    }
}
