import CHubShim
import Glibc

/// Small files that must survive a power cut: written whole under another name, flushed, renamed, and the folder
/// flushed (evidence: "for creation: temp, fsync, rename, fsync the folder").
enum DurableFile {
    struct Contents {
        var bytes: [UInt8]
        /// Permission bits, `mode & 0o7777`.
        var mode: UInt32
        var owner: UInt32
    }

    enum Fault: Error, Hashable {
        case missing
        case alreadyExists
        case tooLarge(lengthMax: Int)
        case io(operation: String, errno: Int32)
    }

    /// The whole file. Follows no symbolic link and takes a regular file only.
    static func read(_ path: String, lengthMax: Int) throws(Fault) -> Contents {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .missing : .io(operation: "open", errno: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .io(operation: "stat", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .io(operation: "open", errno: EINVAL) }
        guard status.st_size <= lengthMax else { throw .tooLarge(lengthMax: lengthMax) }

        // One byte more than allowed is asked for, so that a file that grows meanwhile is noticed.
        var bytes = [UInt8](repeating: 0, count: lengthMax + 1)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .io(operation: "read", errno: errno)
            }
            if count == 0 { break }
            length += count
        }
        guard length <= lengthMax else { throw .tooLarge(lengthMax: lengthMax) }
        bytes.removeLast(bytes.count - length)
        return Contents(bytes: bytes, mode: UInt32(status.st_mode) & 0o7777, owner: status.st_uid)
    }

    /// Returns after file and folder are on the disk. Without `replacing`, an existing file is left as it is.
    static func write(_ bytes: [UInt8], to name: String, in folder: String, mode: UInt32, replacing: Bool) throws(Fault)
    {
        let path = "\(folder)/\(name)"
        let temporaryPath = "\(folder)/.\(name).new"
        // A leftover of an earlier, interrupted write.
        guard unlink(temporaryPath) == 0 || errno == ENOENT else { throw .io(operation: "unlink", errno: errno) }
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw .io(operation: "create", errno: errno) }
        do throws(Fault) {
            try fill(descriptor, with: bytes, mode: mode)
            let code = replacing ? replace(temporaryPath, path) : corhub_rename_exclusive(temporaryPath, path)
            guard code == 0 else {
                throw Fault.renameFailed(code: code)
            }
        } catch {
            // What we made is taken away again; the fault itself matters more than a leftover.
            _ = unlink(temporaryPath)
            throw error
        }
        try synchroniseFolder(folder)
    }

    /// Gives a durable file another's name, in one step; returns after the folder is on the disk.
    static func move(_ name: String, over other: String, in folder: String) throws(Fault) {
        let code = replace("\(folder)/\(name)", "\(folder)/\(other)")
        guard code == 0 else { throw Fault.renameFailed(code: code) }
        try synchroniseFolder(folder)
    }

    /// Takes a file away; one that is not there is away already.
    static func remove(_ name: String, in folder: String) throws(Fault) {
        guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else { throw .io(operation: "unlink", errno: errno) }
        try synchroniseFolder(folder)
    }

    private static func replace(_ from: String, _ to: String) -> Int32 {
        rename(from, to) == 0 ? 0 : -errno
    }

    private static func fill(_ descriptor: Int32, with bytes: [UInt8], mode: UInt32) throws(Fault) {
        defer { close(descriptor) }
        // open(2) applies the umask; the mode asked for is the mode that is set.
        guard fchmod(descriptor, mode) == 0 else { throw .io(operation: "chmod", errno: errno) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .io(operation: "write", errno: errno)
            }
            offset += count
        }
        guard fsync(descriptor) == 0 else { throw .io(operation: "fsync", errno: errno) }
    }

    private static func synchroniseFolder(_ folder: String) throws(Fault) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .io(operation: "open folder", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .io(operation: "fsync folder", errno: errno) }
    }
}

extension DurableFile.Fault {
    /// `code` is 0 or a negative errno.
    fileprivate static func renameFailed(code: Int32) -> Self {
        code == -EEXIST ? .alreadyExists : .io(operation: "rename", errno: -code)
    }
}

extension DurableFile.Fault {
    /// The nearest errno, for faults that are told as one.
    var errno: Int32 {
        switch self {
        case .missing: ENOENT
        case .alreadyExists: EEXIST
        case .tooLarge: EFBIG
        case .io(_, let errno): errno
        }
    }
}
