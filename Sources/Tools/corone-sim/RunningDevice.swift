import DeviceSimulator

/// The device that runs, behind the link that was asked for.
enum RunningDevice {
    case udp(UDPDeviceServer)
    case terminal(TerminalDeviceServer)
    case usb(USBDeviceServer)

    var server: any DeviceServer {
        switch self {
        case .udp(let server): server
        case .terminal(let server): server
        case .usb(let server): server
        }
    }

    /// The UDP port; nil where there is none.
    var port: Int? {
        switch self {
        case .udp(let server): server.port
        case .terminal(let server): server.port
        case .usb: nil
        }
    }

    func perform(_ order: LineFaultOrder) throws(ControlLine.Refusal) {
        guard case .terminal(let server) = self else { throw .commandUnknown("line-fault") }
        server.perform(order)
    }

    func perform(_ command: USBCommand) throws(ControlLine.Refusal) {
        guard case .usb(let server) = self else { throw .commandUnknown("plug, unplug or usb-fault without --usb") }
        server.perform(command)
    }
}
