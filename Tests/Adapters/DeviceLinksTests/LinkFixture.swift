import DeviceLinks
import HubCore
import NIOCore
import NIOPosix
import Testing

/// A kind of link under the contract: how to make one whose peer sends every message back.
struct LinkFixture: Sendable, CustomTestStringConvertible {
    var name: String
    var messageLengthMax: Int
    /// Runs `body` with a link that is not started, and its peer.
    var withEchoingPeer: @Sendable (_ body: (any DeviceLink) async throws -> Void) async throws -> Void

    var testDescription: String { name }

    /// Every conformer of `DeviceLink` stands here.
    static let all = [udp]

    static let udp = LinkFixture(name: "UDP", messageLengthMax: UDPDeviceLink.messageLengthMax) { body in
        try await UDPPeer.with(answering: { $0 }) { port in
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            try await body(UDPDeviceLink(host: "127.0.0.1", port: port, on: eventLoop))
        }
    }
}
