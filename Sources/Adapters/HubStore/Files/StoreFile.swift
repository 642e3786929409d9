import Glibc
import HubCore

/// Small files and folders beside the database.
enum StoreFile {
    /// Is there when a running program found damage that only a new store cures.
    static func condemnation(in directory: String) -> String { directory + "/damaged" }
    /// Is there from the first step of a recovery until after its last.
    static func recovery(in directory: String) -> String { directory + "/recovering" }

    /// Longer texts are not ours.
    private static let textLengthMax = 4096

    static func exists(_ path: String) throws(StoreFault) -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return true }
        guard errno == ENOENT else { throw StoreFault(errno: errno, path: path) }
        return false
    }

    static func makeDirectory(_ path: String) throws(StoreFault) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw StoreFault(errno: errno, path: path) }
    }

    /// nil where there is no such file.
    static func text(at path: String) throws(StoreFault) -> String? {
        try head(of: path, length: textLengthMax).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The first bytes of a file, at most `length`; nil where there is no such file.
    static func head(of path: String, length: Int) throws(StoreFault) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreFault(errno: errno, path: path)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: length)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw StoreFault(errno: errno, path: path) }
        return Array(bytes.prefix(count))
    }

    /// Under its own name only when it is whole and on the disk.
    static func writeDurably(_ text: String, to path: String, inDirectory directory: String) throws(StoreFault) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFault(errno: errno, path: temporary) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count,
            fsync(descriptor) == 0, rename(temporary, path) == 0
        else { throw StoreFault(errno: errno, path: path) }
        try CommitSequenceFile.syncDirectory(directory)
    }
}
