import Foundation
import Glibc
import HubAgent
import Testing

/// A service manager's datagram socket.
private final class ManagerSocket: Sendable {
    private let descriptor: Int32

    /// - Parameter name: a path, or "@" and an abstract name.
    init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (bytes[0] == 0 ? 0 : 1))
        let code = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(code == 0, "bind: errno \(errno)")
    }

    deinit {
        close(descriptor)
    }

    /// The next datagram that is already here; nil when there is none.
    func receive() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}

@Suite("Messages to the service manager")
struct ServiceManagerNotifierTests {
    let path = "/tmp/corhub-notify-\(UUID().uuidString.prefix(8))"

    @Test("Each call is one datagram, on a path or on an abstract name", arguments: [true, false])
    func datagrams(isAbstract: Bool) throws {
        let name = isAbstract ? "@" + path.dropFirst() : path
        let manager = try ManagerSocket(name)
        defer { if !isAbstract { unlink(path) } }
        let notifier = ServiceManagerNotifier(socket: name)
        #expect(notifier.notify(.ready, .status("two\nlines")) == .sent)
        #expect(notifier.notify(.watchdog) == .sent)
        #expect(notifier.notify(.stopping) == .sent)
        #expect(manager.receive() == "READY=1\nSTATUS=two lines")
        #expect(manager.receive() == "WATCHDOG=1")
        #expect(manager.receive() == "STOPPING=1")
        #expect(notifier.notify(.extendTimeout(.seconds(60)), .status("on")) == .sent)
        #expect(manager.receive() == "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=on")
        #expect(manager.receive() == nil)
    }

    @Test("Without a socket nothing is sent and nothing is wrong")
    func notAsked() {
        #expect(ServiceManagerNotifier(socket: nil).notify(.ready) == .notAsked)
    }

    @Test("A socket that is gone is told, not thrown")
    func gone() {
        #expect(ServiceManagerNotifier(socket: path).notify(.ready) == .failed(errno: ENOENT))
    }

    @Test(
        "A name that is neither absolute nor abstract, empty or too long is not used",
        arguments: ["", "@", "/", "relative/path", "vsock:2:1234", "/" + String(repeating: "a", count: 107)])
    func unusable(name: String) {
        #expect(ServiceManagerNotifier(socket: name).notify(.ready) == .failed(errno: EAFNOSUPPORT))
    }

    @Test("A manager that does not read cannot hold the agent up")
    func neverBlocks() throws {
        let manager = try ManagerSocket(path)
        defer { unlink(path) }
        let notifier = ServiceManagerNotifier(socket: path)
        // A datagram socket's queue holds max_dgram_qlen messages, 512 at most by default.
        let deliveries = (0..<2000).map { _ in notifier.notify(.watchdog) }
        #expect(deliveries.first == .sent)
        #expect(deliveries.last == .failed(errno: EAGAIN))
        withExtendedLifetime(manager) {}
    }
}
