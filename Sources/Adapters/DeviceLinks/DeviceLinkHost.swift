package import HubCore
package import NIOCore

/// What carries the links of one kind and finds their devices: the USB bus, a Bluetooth adapter.
///
/// Making a host touches nothing: it begins with `start` or with its first link, whichever comes first.
package protocol DeviceLinkHost: DeviceDiscovery {
    /// A link to the device at `address`, which is of the host's kind; not started yet.
    func link(to address: LinkAddress, on eventLoop: any EventLoop) throws(LinkAddressError) -> any DeviceLink
}
