import Glibc

/// A program that the demonstration starts, with its output in lines. It is ended with the demonstration.
final class ChildProcess {
    let name: String
    private let identifier: pid_t
    private let input: CInt
    private let output: CInt
    private var buffer: [UInt8] = []
    private var isReaped = false

    /// The code of the problem that a program's output ended before what was awaited.
    static let endedCode = "program-ended"

    /// Output lines that are skipped while one is awaited.
    private static let lineLengthMax = 1 << 20

    /// - Parameter log: where standard error goes; the file is made, or continued.
    init(_ path: String, _ arguments: [String], log: String) throws(CommandProblem) {
        name = String(path.split(separator: "/").last ?? "")
        let toChild = try Self.pipe()
        let fromChild = try Self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild.reading, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, fromChild.writing, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C reaches the demonstration alone, which then ends its programs in order.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var started = pid_t()
        let code = posix_spawn(&started, path, &actions, &attributes, words, environ)
        close(toChild.reading)
        close(fromChild.writing)
        guard code == 0 else {
            close(toChild.writing)
            close(fromChild.reading)
            throw CommandProblem(
                code == ENOENT ? .notFound : .failed, code: "program", "\(path): \(String(cString: strerror(code)))")
        }
        identifier = started
        input = toChild.writing
        output = fromChild.reading
    }

    deinit {
        end(with: SIGKILL)
        close(input)
        close(output)
    }

    /// Waits for a line for which `choose` gives a value.
    func awaitLine<Value>(
        within seconds: Int32, _ what: String, _ choose: (String) -> Value?
    ) throws(CommandProblem) -> Value {
        var left = seconds * 10
        while true {
            while let end = buffer.firstIndex(of: 0x0A) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + 1)
                if let value = choose(line) { return value }
            }
            guard left > 0, buffer.count < Self.lineLengthMax else {
                throw CommandProblem(.failed, code: "program", "\(name): \(what) did not come within \(seconds) s")
            }
            var poll = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 100) > 0 else {
                left -= 1
                continue
            }
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = read(output, &piece, piece.count)
            guard count > 0 else {
                throw CommandProblem(.failed, code: Self.endedCode, "\(name) ended before \(what)")
            }
            buffer += piece[..<count]
        }
    }

    func send(line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(input, bytes, bytes.count)  // A program that is gone is noticed where its answer is awaited.
    }

    /// Sends the signal and waits for the end, at most ten seconds; then it is killed.
    func end(with signal: CInt) {
        guard !isReaped else { return }
        kill(identifier, signal)
        var status: CInt = 0
        for _ in 0..<100 {
            if waitpid(identifier, &status, WNOHANG) != 0 {
                isReaped = true
                return
            }
            usleep(100_000)
        }
        kill(identifier, SIGKILL)
        waitpid(identifier, &status, 0)
        isReaped = true
    }

    private static func pipe() throws(CommandProblem) -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else {
            throw CommandProblem(.failed, code: "pipe", String(cString: strerror(errno)))
        }
        // What one program holds open of another's would keep it waiting for input that never ends.
        for end in ends where fcntl(end, F_SETFD, FD_CLOEXEC) != 0 {
            throw CommandProblem(.failed, code: "pipe", String(cString: strerror(errno)))
        }
        return (ends[0], ends[1])
    }
}
