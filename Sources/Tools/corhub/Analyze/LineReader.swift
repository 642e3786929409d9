import Glibc

/// Reads a file line by line, without holding more than one line.
struct LineReader: ~Copyable {
    /// Bytes of one line: 20,000 samples and their surroundings take less than 1 MiB.
    private static let lineLengthMax = 16 << 20

    private let path: String
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ path: String) throws(CommandProblem) {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandProblem(
                errno == ENOENT ? .notFound : .failed, code: "file-unreadable",
                "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// The next line without its end; nil behind the last.
    mutating func next() throws(CommandProblem) -> String? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return String(decoding: buffer[start..<end], as: UTF8.self)
            }
            searched = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return String(decoding: buffer[start...], as: UTF8.self)
            }
            guard buffer.count - start <= Self.lineLengthMax else {
                throw CommandProblem(
                    .failed, code: "line-too-long", "\(path): a line is longer than \(Self.lineLengthMax) bytes")
            }
            searched -= start
            buffer.removeFirst(start)
            start = 0
            try readMore()
        }
    }

    private mutating func readMore() throws(CommandProblem) {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &piece, piece.count)
        if count < 0 {
            if errno == EINTR { return }
            throw CommandProblem(.failed, code: "file-unreadable", "\(path): \(String(cString: strerror(errno)))")
        }
        isAtEnd = count == 0
        buffer += piece[..<count]
    }
}
