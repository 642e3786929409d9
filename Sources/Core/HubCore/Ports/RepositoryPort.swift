/// Reads the files of a repository: signed metadata and what they speak of. Nothing here is trusted.
package protocol RepositoryPort: Sendable {
    /// The bytes of one file.
    ///
    /// - Parameters:
    ///   - path: below the repository's base, escaped as it goes into a URL, without a slash at its beginning.
    ///   - lengthMax: reading stops there.
    func file(_ path: String, lengthMax: Int) async throws(RepositoryFault) -> [UInt8]
}

/// Why a file could not be had.
package enum RepositoryFault: Error, Sendable, Hashable {
    /// The server answered something else than 200.
    case status(Int)
    case tooLong(lengthMax: Int)
    /// Less came than the least rate, or nothing in time.
    case tooSlow
    case unreachable(reason: String)
}
