import DeviceLinks
import HubCore
import NIOPosix
import Testing

@Suite("The UDP link", .timeLimit(.minutes(1)))
struct UDPDeviceLinkTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("A port where nobody listens is told as refused")
    func refused() async throws {
        let closedPort = try await UDPPeer.with(answering: { _ in nil }) { $0 }
        let link = try UDPDeviceLink(host: "127.0.0.1", port: closedPort, on: eventLoop)
        let (events, continuation) = AsyncStream.makeStream(of: LinkEvent.self)
        link.start { event in
            if event == .opened { link.send([1, 2, 3]) }
            continuation.yield(event)
            if case .gone = event { continuation.finish() }
        }
        #expect(await events.reduce(into: []) { $0.append($1) } == [.opened, .gone(.refused)])
    }

    @Test("An address beyond this machine is refused unless allowed")
    func loopbackOnly() throws {
        for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
            _ = try UDPDeviceLink(host: host, port: 1_337, on: eventLoop)
        }
        for host in ["192.0.2.1", "0.0.0.0", "2001:db8::1", "::"] {
            #expect(throws: LinkAddressError.notLoopback(host)) {
                try UDPDeviceLink(host: host, port: 1_337, on: eventLoop)
            }
            _ = try UDPDeviceLink(host: host, port: 1_337, on: eventLoop, allowsRemote: true)
        }
        #expect(throws: LinkAddressError.hostNotNumeric("device.example")) {
            try UDPDeviceLink(host: "device.example", port: 1_337, on: eventLoop)
        }
    }
}
