package import CORProtocol
package import HubCore
package import NIOCore

/// Makes links to addresses, and owns what links share: the event loops, and a host for each kind that has one.
package final class DeviceLinkFactory: Sendable {
    private let eventLoopGroup: any EventLoopGroup
    private let allowsRemote: Bool
    private let hosts: [LinkKind: any DeviceLinkHost]
    private let discoveries: [LinkKind: any DeviceDiscovery]

    /// - Parameters:
    ///   - group: the event loops that carry the links.
    ///   - allowsRemote: whether an address of a socket may leave this machine.
    ///   - hosts: at most one of a kind; a kind without one is refused by its name.
    package init(on group: any EventLoopGroup, allowsRemote: Bool = false, hosts: [any DeviceLinkHost] = []) {
        eventLoopGroup = group
        self.allowsRemote = allowsRemote
        self.hosts = Dictionary(uniqueKeysWithValues: hosts.map { ($0.kind, $0) })
        let discoveries: [any DeviceDiscovery] = hosts + [SerialDiscovery(on: group.any())]
        self.discoveries = Dictionary(uniqueKeysWithValues: discoveries.map { ($0.kind, $0) })
    }

    /// A link to this address, not started yet.
    ///
    /// - Parameter eventLoop: carries the link; best the one on which its owner runs.
    package func link(
        to address: LinkAddress, on eventLoop: any EventLoop
    ) throws(LinkAddressError) -> any DeviceLink {
        switch address {
        case .udp(let host, let port):
            return try UDPDeviceLink(host: host, port: port, on: eventLoop, allowsRemote: allowsRemote)
        case .serial(let path, let options):
            return SerialDeviceLink(path: path, options: options, on: eventLoop)
        case .tcp(let host, let port, let options):
            return try SerialDeviceLink(
                host: host, port: port, options: options, on: eventLoop, allowsRemote: allowsRemote)
        case .usb, .ble:
            guard let host = hosts[address.kind] else { throw .kindUnsupported(address.kind) }
            return try host.link(to: address, on: eventLoop)
        }
    }

    /// What watches for devices of a kind; nil where this build has nothing that does.
    package func discovery(of kind: LinkKind) -> (any DeviceDiscovery)? {
        discoveries[kind]
    }

    /// The loop for the next link: they take turns.
    package func nextEventLoop() -> any EventLoop {
        eventLoopGroup.next()
    }
}
