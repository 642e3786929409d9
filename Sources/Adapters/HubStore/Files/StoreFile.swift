import DurableFiles
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
    static func writeDurably(_ text: String, to path: String) throws(StoreFault) {
        do throws(FileFault) {
            try DurableFile(path).replace(with: Array(text.utf8), access: .owner)
        } catch {
            throw StoreFault(errno: error.code, path: error.path)
        }
    }

    /// Makes entries of the folder durable.
    static func synchroniseDirectory(_ path: String) throws(StoreFault) {
        do throws(FileFault) {
            try DurableFile.synchronise(folder: path)
        } catch {
            throw StoreFault(errno: error.code, path: error.path)
        }
    }
}
