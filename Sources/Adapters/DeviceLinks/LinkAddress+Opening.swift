package import HubCore
package import NIOCore

extension LinkAddress {
    /// A link to this address, not started yet.
    ///
    /// - Parameters:
    ///   - group: the event loops that carry the link.
    ///   - allowsRemote: whether the address may leave this machine.
    package func link(
        on group: any EventLoopGroup, allowsRemote: Bool = false
    ) throws(LinkAddressError) -> any DeviceLink {
        switch self {
        case .udp(let host, let port):
            return try UDPDeviceLink(host: host, port: port, on: group.next(), allowsRemote: allowsRemote)
        case .serial, .usb, .ble:
            throw .kindUnsupported(kind)
        }
    }
}
