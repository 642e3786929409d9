import DeviceSimulator

/// The device that runs, behind the link that was asked for.
enum RunningDevice {
    case udp(UDPDeviceServer)
    case terminal(TerminalDeviceServer)

    var server: any DeviceServer {
        switch self {
        case .udp(let server): server
        case .terminal(let server): server
        }
    }

    /// The UDP port; nil where there is none.
    var port: Int? {
        switch self {
        case .udp(let server): server.port
        case .terminal(let server): server.port
        }
    }

    func perform(_ order: LineFaultOrder) throws(ControlLine.Refusal) {
        guard case .terminal(let server) = self else { throw .commandUnknown("line-fault") }
        server.perform(order)
    }
}
