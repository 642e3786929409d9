import CHubShim
import Glibc

/// A small file that is replaced as a whole: after a loss of power it holds the old bytes or the new ones.
///
/// Written under another name beside it, flushed, renamed, and the folder flushed: rename(2) is atomic for whoever looks, and
/// what a folder names is on the disk only when the folder is. One process writes a file at a time.
package struct DurableFile: Sendable, Hashable {
    package enum Access: Sendable, Hashable {
        /// 0600, whatever the umask is.
        case owner
        /// 0644, without what the umask takes.
        case everyone

        fileprivate var mode: mode_t {
            switch self {
            case .owner: 0o600
            case .everyone: 0o644
            }
        }
    }

    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// Returns when file and folder are on the disk.
    package func replace(with bytes: [UInt8], access: Access) throws(FileFault) {
        try replaceUnsettled(with: bytes, access: access)
        try Self.synchronise(folder: folder)
    }

    /// The same for a name that is free; a file that has it stays as it is (EEXIST).
    package func make(with bytes: [UInt8], access: Access) throws(FileFault) {
        close(try put(bytes, access: access) { corhub_rename_exclusive($0, $1) })
        try Self.synchronise(folder: folder)
    }

    /// As `replace`, but which of the two is there after a loss of power, only `synchronise(folder:)` settles: for several
    /// files at once.
    package func replaceUnsettled(with bytes: [UInt8], access: Access) throws(FileFault) {
        close(try put(bytes, access: access) { rename($0, $1) == 0 ? 0 : -errno })
    }

    /// As `replaceUnsettled`, where a file that is new may be flushed by `pending`: it takes no other's place, and what a lost
    /// power leaves of it is as good as none. One that takes another's place is flushed before.
    package func replaceUnsettled(
        with bytes: [UInt8], access: Access, flushing pending: inout PendingWrites
    ) throws(FileFault) {
        let isFree = Glibc.access(path, F_OK) != 0 && errno == ENOENT
        guard isFree, !pending.isFull else { return try replaceUnsettled(with: bytes, access: access) }
        let descriptor = try put(bytes, access: access, isFlushed: false) { rename($0, $1) == 0 ? 0 : -errno }
        pending.add(descriptor, of: self)
    }

    /// Gives a durable file another's name in the same folder, in one step; returns when the folder is on the disk.
    package func move(over other: DurableFile) throws(FileFault) {
        guard rename(path, other.path) == 0 else {
            throw FileFault(path: other.path, operation: .rename, code: errno)
        }
        try Self.synchronise(folder: other.folder)
    }

    /// Takes the file away and returns when the folder is on the disk; one that is not there is away already.
    package func remove() throws(FileFault) {
        try removeUnsettled()
        try Self.synchronise(folder: folder)
    }

    /// As `remove`, but the file may be back after a loss of power until `synchronise(folder:)` returns.
    package func removeUnsettled() throws(FileFault) {
        try Self.unlinkIfThere(path)
    }

    /// Returns when the names in a folder are on the disk.
    package static func synchronise(folder: String) throws(FileFault) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: folder, operation: .openFolder, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFault(path: folder, operation: .synchroniseFolder, code: errno) }
    }

    /// "." for a bare name.
    package var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Hidden, so that whoever lists the folder by the ends of names passes it over.
    private var temporaryPath: String {
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        return "\(path.dropLast(name.count)).\(name).new"
    }

    /// - Parameter rename: gives 0 or a negative errno.
    /// - Returns: the descriptor of the file, which is in its place.
    private func put(
        _ bytes: [UInt8], access: Access, isFlushed: Bool = true,
        renaming rename: (_ from: String, _ to: String) -> CInt
    ) throws(FileFault) -> CInt {
        let temporaryPath = temporaryPath
        // A leftover of an earlier, interrupted write.
        try Self.unlinkIfThere(temporaryPath)
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, access.mode)
        guard descriptor >= 0 else { throw FileFault(path: path, operation: .create, code: errno) }
        do throws(FileFault) {
            try fill(descriptor, with: bytes, access: access)
            guard !isFlushed || fsync(descriptor) == 0 else { throw fault(.fsync) }
            let code = rename(temporaryPath, path)
            guard code == 0 else { throw FileFault(path: path, operation: .rename, code: -code) }
            return descriptor
        } catch {
            close(descriptor)
            // What was made is taken away again; the fault itself matters more than a leftover.
            _ = unlink(temporaryPath)
            throw error
        }
    }

    private func fill(_ descriptor: CInt, with bytes: [UInt8], access: Access) throws(FileFault) {
        if access == .owner {
            // open(2) applies the umask; the mode asked for is the mode that is set.
            guard fchmod(descriptor, access.mode) == 0 else { throw fault(.chmod) }
        }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(.write) }
            offset += count
        }
    }

    private static func unlinkIfThere(_ path: String) throws(FileFault) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw FileFault(path: path, operation: .unlink, code: errno)
        }
    }

    /// Of the call before.
    func fault(_ operation: FileFault.Operation) -> FileFault {
        FileFault(path: path, operation: operation, code: errno)
    }
}
