import Glibc

/// Reads a file that the command line names, as a whole.
enum InputFile {
    enum Fault: Error {
        case unreadable(errno: CInt)
        case tooLong(lengthMax: Int)
    }

    private static let pieceLength = 1 << 20

    static func bytes(_ path: String, lengthMax: Int) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceLength)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(errno: errno) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= lengthMax else { throw .tooLong(lengthMax: lengthMax) }
        }
    }

    static func read(_ path: String, lengthMax: Int) throws(CommandProblem) -> [UInt8] {
        do throws(Fault) {
            return try bytes(path, lengthMax: lengthMax)
        } catch {
            switch error {
            case .unreadable(let code):
                throw CommandProblem(
                    code == ENOENT ? .notFound : .failed, code: "file-unreadable",
                    "\(path): \(String(cString: strerror(code)))")
            case .tooLong(let lengthMax):
                throw CommandProblem(.failed, code: "file-too-long", "\(path) has more than \(lengthMax) bytes")
            }
        }
    }
}
