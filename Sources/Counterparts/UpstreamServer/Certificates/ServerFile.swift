import Glibc

/// Small files that are whole or not there, after a power cut too.
enum DurableFile {
    static let lengthMax = 1 << 20

    enum Access: mode_t {
        case secret = 0o600
        case open = 0o644
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    static func makeFolder(_ path: String) throws(CertificateFault) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw fault(path) }
    }

    static func read(_ path: String) throws(CertificateFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw fault(path) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= lengthMax else { throw .file(path: path, reason: "longer than \(lengthMax) bytes") }
        }
    }

    static func readText(_ path: String) throws(CertificateFault) -> String {
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw .file(path: path, reason: "not UTF-8")
        }
        return text
    }

    /// Writes beside, syncs, renames, syncs the folder.
    static func write(_ text: String, to path: String, _ access: Access) throws(CertificateFault) {
        let temporary = path + ".new"
        guard unlink(temporary) == 0 || errno == ENOENT else { throw fault(temporary) }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access.rawValue)
        guard descriptor >= 0 else { throw fault(temporary) }
        defer { close(descriptor) }
        var remaining = Array(text.utf8)[...]
        while !remaining.isEmpty {
            let count = remaining.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw fault(temporary) }
            remaining = remaining.dropFirst(count)
        }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw fault(path) }
        try syncFolder(of: path)
    }

    private static func syncFolder(of path: String) throws(CertificateFault) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault(folder) }
    }

    private static func fault(_ path: String) -> CertificateFault {
        .file(path: path, reason: String(cString: strerror(errno)))
    }
}
