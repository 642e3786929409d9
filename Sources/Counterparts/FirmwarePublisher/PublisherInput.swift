/// Files that a publisher is given.
package enum PublisherInput {
    package static func read(_ path: String) throws(PublisherFault) -> [UInt8] {
        guard let bytes = try RepositoryFiles.read(path) else { throw .file(path: path, reason: "is not there") }
        return bytes
    }
}
