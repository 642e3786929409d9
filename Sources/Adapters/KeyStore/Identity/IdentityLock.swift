import Glibc

/// Held by whoever changes the identity folder; gone with the process that holds it.
package final class IdentityLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `.busy` where another process holds it. The folder must exist.
    package init(_ folder: HubIdentityFolder) throws(IdentityFault) {
        let path = "\(folder.path)/.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .notWritten(path: path, errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .notWritten(path: path, errno: code) }
            throw .busy(path: folder.path)
        }
    }

    deinit {
        close(descriptor)
    }
}
