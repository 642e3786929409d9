import DeviceLinks
import Foundation
import HubCore
import NIOCore
import NIOPosix
import SMPProtocol
import Testing

/// A kind of link under the contract: how to make one whose peer answers every message.
///
/// Messages are echo requests of SMP, so a peer may be anything that sends bytes back, or a whole device.
struct LinkFixture: Sendable, CustomTestStringConvertible {
    typealias Body = (any DeviceLink) async throws -> Void

    var name: String
    /// Bytes of the longest message that the peer takes; nil where that is what the link carries.
    var peerLengthMax: Int?
    /// What the peer sends for a message.
    var answer: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    /// Runs `body` with a link that is not started, and its peer.
    var withPeer: @Sendable (_ body: Body) async throws -> Void

    var testDescription: String { name }

    /// Every conformer of `DeviceLink` stands here, or is named by `CORHUB_CONTRACT_LINKS`.
    static let all = [udp, terminal, terminalRaw, terminalPaced, socket, usb, simulated] + real

    static let udp = LinkFixture(name: "UDP") { body in
        try await UDPPeer.with(answering: { $0 }) { port in
            try await body(UDPDeviceLink(host: "127.0.0.1", port: port, on: eventLoop()))
        }
    }

    static let terminal = terminal("serial over a pty", "")
    static let terminalRaw = terminal("serial over a pty, bare messages", "?framing=raw")
    static let terminalPaced = terminal("serial over a pty, short paced lines", "?line=64&gap=1ms&message=4096")

    static let socket = LinkFixture(name: "serial over TCP") { body in
        try await SocketPeer.with { port in
            let address = try LinkAddress("tcp:127.0.0.1:\(port)")
            try await body(DeviceLinkFactory(on: group).link(to: address, on: eventLoop()))
        }
    }

    /// All of the link but libusb: the device's side of USB answers in this process.
    static let usb = LinkFixture(name: "USB, simulated") { body in
        try await body(SimulatedUSBSource { [$0] }.link())
    }

    static let simulated = LinkFixture(name: "simulated") { body in
        try await body(SimulatedDeviceLink(on: eventLoop()) { [$0] })
    }

    /// Devices that answer SMP's echo, on links that a laboratory has set up: addresses, with spaces between them. Those on
    /// BLE are paired, and `CORHUB_CONTRACT_PAIRINGS` is the folder of the pairings.
    static let real = (ProcessInfo.processInfo.environment["CORHUB_CONTRACT_LINKS"] ?? "").split(separator: " ")
        .map { device(String($0)) }

    /// One for all tests: an adapter has one owner at a time.
    private static let bluetooth = ProcessInfo.processInfo.environment["CORHUB_CONTRACT_PAIRINGS"].map {
        BluetoothHost(BluetoothHost.Configuration(folder: $0, awaitLimit: .seconds(60)))
    }

    private static let group = MultiThreadedEventLoopGroup.singleton

    private static func eventLoop() -> any EventLoop { group.next() }

    private static func terminal(_ name: String, _ options: String) -> LinkFixture {
        LinkFixture(name: name) { body in
            try await TerminalPeer.with { peer in
                let address = try LinkAddress("serial:\(peer.path)\(options)")
                try await body(DeviceLinkFactory(on: group).link(to: address, on: eventLoop()))
            }
        }
    }

    private static func device(_ address: String) -> LinkFixture {
        LinkFixture(name: address, peerLengthMax: 1_024, answer: ContractMessage.echoed) { body in
            let usb = USBHost(awaitLimit: .seconds(10))
            defer { usb.close() }
            let hosts: [any DeviceLinkHost] = [usb] + (bluetooth.map { [$0] } ?? [])
            try await body(DeviceLinkFactory(on: group, hosts: hosts).link(to: LinkAddress(address), on: eventLoop()))
        }
    }
}
