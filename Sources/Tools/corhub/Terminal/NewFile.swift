import Glibc

/// A file that appears under its name when it is whole, and only where there was none.
struct NewFile {
    let path: String

    /// Looks that nothing is there yet, before any work is done for it.
    init(_ path: String) throws(CommandProblem) {
        self.path = path
        guard access(path, F_OK) != 0 else { throw Self.problem(path, EEXIST) }
    }

    /// Readable by the owner alone: what is exported here is about a person.
    func fill(_ bytes: [UInt8]) throws(CommandProblem) {
        let partial = "\(path).\(getpid()).part"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.problem(partial, errno) }
        var code: CInt = 0
        var offset = 0
        while code == 0, offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            if count > 0 { offset += count } else { code = errno == 0 ? EIO : errno }
        }
        if code == 0, fsync(descriptor) != 0 { code = errno }
        close(descriptor)
        // A link refuses a name that is taken, where a rename would replace it.
        if code == 0, link(partial, path) != 0 { code = errno }
        unlink(partial)
        guard code == 0 else { throw Self.problem(path, code) }
    }

    private static func problem(_ path: String, _ code: CInt) -> CommandProblem {
        CommandProblem(
            code == EEXIST ? .blocked : code == ENOSPC ? .temporary : .failed, code: "file",
            "\(path): \(String(cString: strerror(code)))")
    }
}
