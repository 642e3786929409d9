import Glibc

/// Why a pty cannot be had, or is not put where it was asked for.
package enum PseudoTerminalError: Error, Sendable, Hashable {
    case notOpened(code: Int32)
    /// Something else than a symbolic link has that name, and is not replaced.
    case nameTaken(path: String)
    case notLinked(path: String, code: Int32)
}

extension PseudoTerminalError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notOpened(let code): "no pty can be opened: \(String(cString: strerror(code)))"
        case .nameTaken(let path): "\(path) exists and is no symbolic link; it is not replaced"
        case .notLinked(let path, let code): "\(path): \(String(cString: strerror(code)))"
        }
    }
}

/// A pty in raw mode: the device's end, and a symbolic link to the hub's.
struct PseudoTerminal {
    /// The device's end; whoever takes it closes it.
    let descriptor: CInt
    /// The hub's end.
    let name: String
    /// Held open, so that the pty lives while no hub has it.
    private let keeper: CInt

    init() throws(PseudoTerminalError) {
        var settings = termios()
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CREAD)
        var device: CInt = -1
        var hub: CInt = -1
        var name = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard openpty(&device, &hub, &name, &settings, nil) == 0 else { throw .notOpened(code: errno) }
        for descriptor in [device, hub] where fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 {
            let code = errno
            close(device)
            close(hub)
            throw .notOpened(code: code)
        }
        descriptor = device
        keeper = hub
        self.name = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    /// Makes `path` lead to the hub's end, in one step; replaces only what is a symbolic link.
    func link(at path: String) throws(PseudoTerminalError) {
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFLNK { throw .nameTaken(path: path) }
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        guard symlink(name, temporary) == 0, rename(temporary, path) == 0 else {
            throw .notLinked(path: path, code: errno)
        }
    }

    /// Removes `path` where it still leads here.
    func removeLink(at path: String) {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &target, target.count)
        guard count > 0, String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) == name
        else { return }
        unlink(path)
    }

    /// Pulls the line: whoever has the hub's end open finds it hung up once the device's end is closed, too.
    func release() {
        close(keeper)
    }
}
