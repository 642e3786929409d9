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

/// A repository of which a file can be read in parts, so that what was cut off goes on.
package protocol RangedRepositoryPort: RepositoryPort {
    /// Bytes of one file from `offset` on.
    ///
    /// - Parameters:
    ///   - lengthMax: of the part.
    ///   - length: of the whole file; reading stops there in any case.
    func part(
        _ path: String, from offset: Int, lengthMax: Int, of length: Int
    ) async throws(RepositoryFault) -> RepositoryPart
}

package enum RepositoryPart: Sendable, Hashable {
    case part([UInt8])
    /// The server gives whole files only.
    case whole([UInt8])
}
