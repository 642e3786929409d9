import Glibc

/// Linux's virtual host controller (vhci-hcd): a device is plugged in by giving it one end of a socket pair.
///
/// Needs the module vhci-hcd, and root.
enum VirtualHostController {
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    /// A port of the controller with a device in it.
    struct Port: Sendable {
        var number: Int
        /// This side of the connection.
        var socket: Int32
    }

    private static let folder = "/sys/devices/platform/vhci_hcd.0"
    private static let statusLengthMax = 16_384
    private static let socketBufferLength: CInt = 1 << 20
    /// usb_device_speed: USB_SPEED_HIGH.
    private static let highSpeed = 3
    /// VDEV_ST_NULL: nothing is plugged in.
    private static let free = "004"
    /// Bus 1, device 1 of the far side; any number will do.
    private static let deviceID = 0x0001_0001

    static func plugIn() throws(Fault) -> Port {
        let number = try freePort()
        var sockets: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0 else {
            throw Fault(description: "no socket pair: error \(errno)")
        }
        for socket in sockets {
            var length = socketBufferLength
            setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &length, socklen_t(MemoryLayout<CInt>.size))
        }
        defer { close(sockets[0]) }
        do throws(Fault) {
            try write("\(number) \(sockets[0]) \(deviceID) \(highSpeed)", to: "attach")
        } catch {
            close(sockets[1])
            throw error
        }
        return Port(number: number, socket: sockets[1])
    }

    /// The device vanishes as if its cable was pulled.
    static func unplug(_ port: Port) throws(Fault) {
        try write("\(port.number)", to: "detach")
    }

    private static func freePort() throws(Fault) -> Int {
        let file = open("\(folder)/status", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Fault(description: "\(folder) cannot be read (error \(errno)): modprobe vhci-hcd")
        }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: statusLengthMax) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, statusLengthMax))
        }
        // hub port sta spd dev sockfd local_busid
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 3, words[0] == "hs", words[2] == free, let number = Int(words[1]) else { continue }
            return number
        }
        throw Fault(description: "every port of the virtual host controller is in use")
    }

    private static func write(_ text: String, to name: String) throws(Fault) {
        let path = "\(folder)/\(name)"
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw Fault(description: "\(path) cannot be opened: error \(errno)") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw Fault(description: "\(path) does not take \"\(text)\": error \(errno)")
        }
    }
}
