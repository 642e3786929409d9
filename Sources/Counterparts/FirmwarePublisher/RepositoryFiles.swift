import Glibc

/// Files of a repository and of keys: whole or not there, after a power cut too.
enum RepositoryFiles {
    static let lengthMax = 16 << 20

    enum Access: mode_t {
        case secret = 0o600
        case open = 0o644
    }

    static func makeFolder(_ path: String, _ mode: mode_t = 0o755) throws(PublisherFault) {
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            guard mkdir(partial, mode) == 0 || errno == EEXIST else { throw fault(partial) }
        }
    }

    /// nil where there is no such file.
    static func read(_ path: String) throws(PublisherFault) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw fault(path) }
            return nil
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= lengthMax {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(path) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw .file(path: path, reason: "longer than \(lengthMax) bytes")
    }

    /// Written beside, flushed, renamed; the folder is flushed too.
    static func write(_ bytes: [UInt8], to path: String, _ access: Access = .open) throws(PublisherFault) {
        let temporary = path + ".new"
        guard unlink(temporary) == 0 || errno == ENOENT else { throw fault(temporary) }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access.rawValue)
        guard descriptor >= 0 else { throw fault(temporary) }
        defer { close(descriptor) }
        var remaining = bytes[...]
        while !remaining.isEmpty {
            let count = remaining.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw fault(temporary) }
            remaining = remaining.dropFirst(count)
        }
        guard fsync(descriptor) == 0, Glibc.rename(temporary, path) == 0 else { throw fault(path) }
        try synchronise(folderOf: path)
    }

    /// Names in a folder, in order; none where there is no folder.
    static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func rename(_ path: String, to other: String) throws(PublisherFault) {
        guard Glibc.rename(path, other) == 0 else { throw fault(path) }
        try synchronise(folderOf: other)
    }

    private static func synchronise(folderOf path: String) throws(PublisherFault) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault(folder) }
    }

    private static func fault(_ path: String) -> PublisherFault {
        .file(path: path, reason: String(cString: strerror(errno)))
    }
}
