import DurableFiles
import Glibc

/// journald's socket for entries with fields.
package final class JournalSocket: Sendable {
    package static let path = "/run/systemd/journal/socket"

    private let descriptor: Int32

    /// What a format asks for. `auto`: only where standard error is a stream of the journal, so that a person at a terminal
    /// sees lines (JOURNAL_STREAM, systemd.exec(5)).
    package static func wanted(by format: LogFormat) -> JournalSocket? {
        switch format {
        case .text: nil
        case .journal: JournalSocket(path: getenv("CORHUB_JOURNAL_SOCKET").map { String(cString: $0) } ?? path)
        case .auto: isErrorStreamOfJournal ? JournalSocket(path: path) : nil
        }
    }

    /// Nil where there is no such socket.
    package init?(path: String) {
        guard let address = UnixSocketAddress(path) else { return nil }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        guard address.connect(descriptor) == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Never blocks. False where journald did not take it.
    func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) == bytes.count
    }

    private static var isErrorStreamOfJournal: Bool {
        guard let stream = getenv("JOURNAL_STREAM"), let status = FileStatus(ofDescriptor: STDERR_FILENO) else {
            return false
        }
        return String(cString: stream) == "\(status.device):\(status.inode)"
    }
}
