import DurableFiles
import Glibc

/// A file that appears under its name when it is whole, and only where there was none.
struct NewFile {
    let path: String

    /// Looks that nothing is there yet, before any work is done for it.
    init(_ path: String) throws(CommandProblem) {
        self.path = path
        guard access(path, F_OK) != 0 else { throw Self.problem(path, EEXIST) }
    }

    /// Readable by the owner alone: what is exported here is about a person. Returns when it is on the disk, its name too.
    func fill(_ bytes: [UInt8]) throws(CommandProblem) {
        do throws(FileFault) {
            try DurableFile(path).make(with: bytes, access: .owner)
        } catch {
            throw Self.problem(path, error.code)
        }
    }

    private static func problem(_ path: String, _ code: CInt) -> CommandProblem {
        CommandProblem(
            code == EEXIST ? .blocked : code == ENOSPC ? .temporary : .failed, code: "file",
            "\(path): \(String(cString: strerror(code)))")
    }
}
