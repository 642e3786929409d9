/// Why metadata does not count. The cases are those that a person or a program would treat differently.
package enum MetadataFault: Error, Sendable, Hashable {
    /// No metadata of this role, as bytes: JSON, fields, types.
    case malformed(role: String, reason: String)
    /// Not enough keys of the role have signed.
    case unsigned(role: String, valid: Int, threshold: Int)
    /// Another version than was promised, or an older one than was seen: rollback.
    case versionWrong(role: String, found: Int64, expected: Int64)
    /// A role that was listed is not listed any more.
    case roleRemoved(String)
    /// A role that nobody lists.
    case roleUnlisted(String)
    /// Older than it may be: freeze. `at` is when it ended, seconds since 1970.
    case expired(role: String, at: Int64)
    case lengthWrong(name: String, lengthMax: Int)
    case hashWrong(name: String)
    /// A file that has to be there could not be had.
    case download(name: String, DownloadFault)
    /// What was accepted could not be stored, or the store could not be read.
    case storage(name: String)
    case targetNotFound(String)
    /// A call that the machine does not wait for.
    case outOfOrder
}

/// Why a file could not be had.
package enum DownloadFault: Error, Sendable, Hashable {
    /// The server answered, and not with the file.
    case status(Int)
    /// Endless data: longer than the limit that was set.
    case tooLong
    /// Slow retrieval: slower than the rate that was set, or no answer at all.
    case tooSlow
    case unreachable(reason: String)
}

extension MetadataFault {
    /// The kind for programs.
    package var code: String {
        switch self {
        case .malformed: "malformed"
        case .unsigned: "unsigned"
        case .versionWrong: "version-wrong"
        case .roleRemoved: "role-removed"
        case .roleUnlisted: "role-unlisted"
        case .expired: "expired"
        case .lengthWrong: "length-wrong"
        case .hashWrong: "hash-wrong"
        case .download(_, .status): "download-status"
        case .download(_, .tooLong): "endless-data"
        case .download(_, .tooSlow): "slow-retrieval"
        case .download(_, .unreachable): "unreachable"
        case .storage: "storage"
        case .targetNotFound: "target-not-found"
        case .outOfOrder: "out-of-order"
        }
    }
}

extension MetadataFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let role, let reason): "\(role): \(reason)"
        case .unsigned(let role, let valid, let threshold):
            "\(role) is signed by \(valid) of its keys, \(threshold) must"
        case .versionWrong(let role, let found, let expected):
            "\(role) has version \(found), where \(expected) is expected"
        case .roleRemoved(let role): "\(role) is not listed any more"
        case .roleUnlisted(let role): "\(role) is not listed in the snapshot"
        case .expired(let role, let end): "\(role) has expired at \(MetadataTime.text(end))"
        case .lengthWrong(let name, let lengthMax): "\(name) has another length than \(lengthMax) bytes"
        case .hashWrong(let name): "\(name) has another hash than it should"
        case .download(let name, let fault):
            switch fault {
            case .status(let status): "\(name): the server answers \(status)"
            case .tooLong: "\(name) is longer than it may be"
            case .tooSlow: "\(name) comes too slowly"
            case .unreachable(let reason): "\(name): \(reason)"
            }
        case .storage(let name): "\(name) cannot be stored or read"
        case .targetNotFound(let path): "no role offers \(path)"
        case .outOfOrder: "asked for something before the metadata were refreshed"
        }
    }
}
