import Glibc

/// A file or its folder could not be read or written.
package struct FileFault: Error, Sendable, Hashable {
    /// The call that failed.
    package enum Operation: String, Sendable {
        case open, create, stat, read, write, chmod, fsync, rename, unlink
        case openFolder = "open folder"
        case synchroniseFolder = "fsync folder"
        case makeFolder = "make folder"
        case listFolder = "list folder"
    }

    package let path: String
    package let operation: Operation
    /// errno; EFBIG for a file that is longer than the reader allows, EEXIST for a name that is taken.
    package let code: CInt

    package init(path: String, operation: Operation, code: CInt) {
        self.path = path
        self.operation = operation
        self.code = code
    }

    package var isMissing: Bool { operation == .open && code == ENOENT }

    /// The name that a new file was to have is taken.
    package var isTaken: Bool { operation == .rename && code == EEXIST }

    /// What the system calls the error.
    package var reason: String { String(cString: strerror(code)) }
}

extension FileFault: CustomStringConvertible {
    package var description: String { "\(path): \(operation.rawValue): \(reason)" }
}
