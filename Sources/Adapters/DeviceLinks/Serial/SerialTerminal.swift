import Glibc

/// An open tty or pty in raw mode, for one owner: the descriptor by which it is set up, flushed and kept.
///
/// With its last reference what has not left yet is dropped: close(2) would wait for a line that stands still.
package final class SerialTerminal: Sendable {
    /// The system's refusal: errno.
    struct Failure: Error {
        var code: Int32

        /// What the last call left behind.
        static var last: Failure { Failure(code: errno) }
    }

    private let descriptor: CInt

    /// Opens without waiting for a carrier and without becoming the process's terminal.
    init(path: String, baud: Int) throws(Failure) {
        guard let speed = SerialSpeed.code(of: baud) else { throw Failure(code: EINVAL) }
        let descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last }
        do throws(Failure) {
            // Two programs on one line would read each other's answers. The lock ends with the last descriptor.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .last }
            try Self.makeRaw(descriptor, speed: speed)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Another descriptor of the same open terminal, for an owner that closes it.
    func duplicate() throws(Failure) -> CInt {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .last }
        return copy
    }

    deinit {
        tcflush(descriptor, TCOFLUSH)
        close(descriptor)
    }

    private static func makeRaw(_ descriptor: CInt, speed: speed_t) throws(Failure) {
        var settings = termios()
        // ENOTTY for what is no terminal.
        guard tcgetattr(descriptor, &settings) == 0 else { throw .last }
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        settings.c_cflag &= ~tcflag_t(CSTOPB) & ~(1 << 31)  // CRTSCTS: no hardware flow control
        guard cfsetspeed(&settings, speed) == 0, tcsetattr(descriptor, TCSANOW, &settings) == 0 else { throw .last }
        // What came before is nobody's answer.
        tcflush(descriptor, TCIFLUSH)
    }
}
