import Glibc

/// A file that is read in one piece.
enum WholeFile {
    static func read(_ path: String, lengthMax: Int) throws(CommandProblem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw problem(path, errno) }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= lengthMax else { throw problem(path, EFBIG) }
            bytes += chunk[..<count]
        }
    }

    private static func problem(_ path: String, _ code: CInt) -> CommandProblem {
        CommandProblem(
            code == ENOENT ? .notFound : .failed, code: "file", "\(path): \(String(cString: strerror(code)))")
    }
}
