import Glibc

/// One publisher at a time works on a repository; the kernel lets go of it however the process ends.
final class RepositoryLock {
    private let descriptor: CInt

    init(_ path: String) throws(PublisherFault) {
        descriptor = open("\(path)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .busy(path)
        }
    }

    deinit { close(descriptor) }
}
