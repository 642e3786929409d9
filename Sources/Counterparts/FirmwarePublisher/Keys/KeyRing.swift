import DurableFiles

/// The keys that are at hand: those of the folders that were named. Whose they are, the root says.
package struct KeyRing: Sendable {
    private static let suffix = ".key"

    private(set) var keys: [String: PublisherKey] = [:]
    private var paths: [String: String] = [:]

    package init(folders: [String]) throws(PublisherFault) {
        for folder in folders {
            for name in RepositoryFiles.names(in: folder) where name.hasSuffix(Self.suffix) {
                let path = "\(folder)/\(name)"
                guard let bytes = try RepositoryFiles.read(path), let key = PublisherKey(pem: bytes) else {
                    throw .unreadable(path: path, reason: "no key of Ed25519 (PKCS#8 in PEM)")
                }
                keys[key.identifier] = key
                paths[key.identifier] = path
            }
        }
    }

    /// Makes a key in a file of its own that nobody else reads.
    mutating func make(for role: String, in folder: String) throws(PublisherFault) -> PublisherKey {
        try RepositoryFiles.makeFolder(folder, 0o700)
        let key = PublisherKey()
        let path = "\(folder)/\(role)-\(key.identifier.prefix(8))\(Self.suffix)"
        try RepositoryFiles.write(Array(key.pem.utf8), to: path, .owner)
        keys[key.identifier] = key
        paths[key.identifier] = path
        return key
    }

    /// The folder that a key lies in; nil for one that is not at hand.
    func folder(of identifier: String) -> String? {
        paths[identifier].flatMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } }
    }

    /// A key that signs nothing any more is kept under another name, for whoever has to look back.
    func retire(_ identifier: String) throws(PublisherFault) {
        guard let path = paths[identifier] else { return }
        try RepositoryFiles.rename(path, to: path + ".retired")
    }
}
