import Glibc

/// Tells the service manager how the agent is: datagrams to the socket in NOTIFY_SOCKET, sd_notify(3).
///
/// Without that variable nobody asked, and every call does nothing.
package struct ServiceManagerNotifier: Sendable {
    package enum Message: Sendable, Hashable {
        case ready
        case stopping
        /// The agent's own loop has touched store, links and uplink.
        case watchdog
        /// The start takes longer than it may, and goes on: it has so much time from now.
        case extendTimeout(Duration)
        /// One line for `systemctl status`; more lines are joined.
        case status(String)
    }

    package enum Delivery: Sendable, Hashable {
        case sent
        /// No service manager asked to be told.
        case notAsked
        /// The service manager could not be told; the agent goes on.
        case failed(errno: Int32)
    }

    private enum Target {
        case none
        case unusable
        case socket(UnixSocketAddress)
    }

    private let target: Target

    /// - Parameter socket: value of NOTIFY_SOCKET: an absolute path, or "@" and a name of the abstract namespace.
    package init(socket: String? = ServiceManagerNotifier.socketFromEnvironment()) {
        target = socket.map(Self.target(of:)) ?? .none
    }

    package static func socketFromEnvironment() -> String? {
        getenv("NOTIFY_SOCKET").map { String(cString: $0) }
    }

    /// How often WATCHDOG=1 is expected, from WATCHDOG_USEC and WATCHDOG_PID; nil when nobody watches.
    /// sd_watchdog_enabled(3) advises to notify at half of it.
    package static func watchdogInterval() -> Duration? {
        guard let text = getenv("WATCHDOG_USEC"), let interval = Int64(String(cString: text)), interval > 0 else {
            return nil
        }
        if let process = getenv("WATCHDOG_PID"), String(cString: process) != "\(getpid())" { return nil }
        return .microseconds(interval)
    }

    /// Sends these in one datagram. Never blocks: a service manager that does not read loses the message.
    @discardableResult
    package func notify(_ messages: Message...) -> Delivery {
        switch target {
        case .none: return .notAsked
        case .unusable: return .failed(errno: EAFNOSUPPORT)
        case .socket(let address):
            let text = messages.map(\.line).joined(separator: "\n")
            return Self.send(Array(text.utf8), to: address)
        }
    }

    private static func target(of socket: String) -> Target {
        UnixSocketAddress(socket).map(Target.socket) ?? .unusable
    }

    private static func send(_ bytes: [UInt8], to address: UnixSocketAddress) -> Delivery {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .failed(errno: errno) }
        defer { close(descriptor) }
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = address.send(bytes, through: descriptor, flags: flags)
        return count == bytes.count ? .sent : .failed(errno: errno)
    }
}

extension ServiceManagerNotifier.Message {
    fileprivate var line: String {
        switch self {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        case .watchdog: "WATCHDOG=1"
        case .extendTimeout(let duration):
            "EXTEND_TIMEOUT_USEC=\(max(0, duration.components.seconds) * 1_000_000)"
        case .status(let text): "STATUS=" + String(text.map { $0.isNewline ? " " : $0 })
        }
    }
}
