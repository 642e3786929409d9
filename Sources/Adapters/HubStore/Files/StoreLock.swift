import Glibc
import HubCore

/// Holds the store for this process: an flock on a file that also names the process.
final class StoreLock {
    private let descriptor: Int32
    private var isReleased = false

    init(path: String) throws(StoreFault) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFault(errno: errno, path: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.processID(in: descriptor)
            Glibc.close(descriptor)
            throw code == EWOULDBLOCK ? .inUse(pid: holder) : StoreFault(errno: code, path: path)
        }
        self.descriptor = descriptor
        // The number is for the message of the other process; the lock alone is what holds, so a full disk may lose it.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 {
            _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        }
    }

    deinit {
        release()
    }

    func release() {
        guard !isReleased else { return }
        isReleased = true
        // Said, not left to closing: a child that was just forked may have the descriptor for a moment longer.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    private static func processID(in descriptor: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = text.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        return Int32(String(decoding: text.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
