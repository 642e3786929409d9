import Glibc
package import HubCore

/// Why the agent cannot start or go on. Each prints as one line that says what to do, and has its exit status.
package enum AgentFault: Error, Sendable, CustomStringConvertible {
    case configuration(ConfigurationFault)
    /// The hub has no usable identity.
    case identity(String)
    case storage(StoreFault)
    case controlSocket(path: String, reason: String)
    case link(address: String, reason: String)
    case signing(String)
    /// The folder of a repository's metadata, or the root that trust begins with, cannot be used.
    case firmware(String)
    /// A service ended although nobody asked it to.
    case stopped(reason: String)

    package var description: String {
        switch self {
        case .configuration(let fault): fault.description
        case .identity(let reason), .firmware(let reason): reason
        case .storage(let fault): "storage: \(fault.explanation)"
        case .controlSocket(let path, let reason): "control socket \(path): \(reason)"
        case .link(let address, let reason): "\(address): \(reason)"
        case .signing(let reason): "a batch cannot be signed: \(reason)"
        case .stopped(let reason): "stopped: \(reason)"
        }
    }

    /// operations: 1 failed, 4 blocked, 64 usage, 75 temporary.
    package var exitStatus: Int32 {
        switch self {
        case .configuration, .link: 64
        case .identity, .firmware: 4
        case .storage(.inUse), .storage(.otherKey), .controlSocket: 4
        case .storage(.full), .storage(.overloaded): 75
        case .storage, .signing, .stopped: 1
        }
    }
}

extension StoreFault {
    /// One line for people: what is wrong and what to do.
    package var explanation: String {
        switch self {
        case .cannotOpen(let path, let errno):
            "\(path) cannot be opened (\(SystemError.text(errno))): check folder and owner"
        case .notAStore(let path): "\(path) is a database of something else"
        case .readOnly: "the disk is read-only: nothing can be kept, so nothing is acknowledged to devices"
        case .full: "the disk is full: nothing more is acknowledged to devices until there is room"
        case .io(let code): "the disk failed (code \(code)): the truth is read from it at the next start"
        case .inUse(let pid): "another corhub (\(pid.map { "process \($0)" } ?? "unknown process")) holds the store"
        case .damaged(let damage): "damage was found: \(damage)"
        case .formatTooNew(let found, let supported):
            "the store has format \(found), this program knows up to \(supported): install the newer version"
        case .otherKey(let expected, let found):
            "the store is sealed under the storage key \(expected), and the one here is \(found): put the right one back"
        case .refused(let refusal): "contradiction with what is stored: \(refusal)"
        case .overloaded(let limit): "more than \(limit) requests wait"
        case .closed: "the store takes no more writes since an earlier failure"
        case .unexpected(let code): "SQLite answered \(code)"
        }
    }
}

extension KeyStoreFault {
    /// With the system's own words for its error numbers.
    var explanation: String {
        guard case .io(let path, let operation, let errno) = self else { return description }
        return "\(path): \(operation): \(SystemError.text(errno))"
    }
}

enum SystemError {
    /// strerror(3), for example "No such file or directory".
    static func text(_ errno: Int32) -> String { String(cString: strerror(errno)) }
}

extension StoreRecovery {
    /// One line for people: what was found and what was done.
    package var explanation: String {
        "the store was damaged (\(damage)) and is set aside in \(folder): \(keptCount) rows kept, \(lostCount) lost, "
            + "\(withoutBytesCount) without their bytes, \(gapCount) gaps named"
            + (skippedCount > 0 ? ", \(skippedCount) keys not looked at" : "") + "; a new epoch begins"
    }
}

extension SalvageProgress {
    var explanation: String {
        "salvaging a damaged store: \(rowCount) rows read, \(probeCount) looks at what cannot be read, "
            + "\(elapsed.components.seconds) s"
    }
}
