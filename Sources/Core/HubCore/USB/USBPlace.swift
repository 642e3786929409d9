/// Where on the bus a device is, until it is unplugged or enumerated again.
package struct USBPlace: Sendable, Hashable {
    package var busNumber: Int
    /// 1 to 127; a device that comes back mostly has another.
    package var deviceAddress: Int
    /// Bus and the ports on the way, for example "1-2.4". It stays with the socket, whatever is plugged in.
    package var portPath: String

    package init(busNumber: Int, deviceAddress: Int, portPath: String) {
        self.busNumber = busNumber
        self.deviceAddress = deviceAddress
        self.portPath = portPath
    }
}
