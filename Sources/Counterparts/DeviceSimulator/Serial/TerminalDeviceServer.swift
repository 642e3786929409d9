package import NIOCore
import NIOPosix
import SMPProtocol

/// A virtual device on a pty: SMP in the console's framing, between whatever a fault puts there.
package struct TerminalDeviceServer: DeviceServer {
    package let bufferCount: Int
    /// The UDP port that was bound besides; nil where none was asked for.
    package let port: Int?
    private let eventLoop: any EventLoop
    private let device: NIOLoopBound<TerminalDevice>

    /// Opens a pty, makes `path` a symbolic link to the hub's end, and starts the device.
    ///
    /// - Parameters:
    ///   - port: of a UDP socket on the loopback, for a device with two links; 0 takes a free one.
    ///   - report: called on the event loop's thread.
    /// - Throws: `PseudoTerminalError` where there is no pty, or `path` cannot lead to it.
    package static func start(
        setup: DeviceSetup, folder: StateFolder?, path: String, port: Int? = nil, on group: any EventLoopGroup,
        report: @escaping @Sendable (DeviceReport) -> Void
    ) async throws -> TerminalDeviceServer {
        var setup = setup
        setup.framingLength = ConsoleFraming.overheadLength
        let model = DeviceModel(
            setup: setup, snapshot: try folder?.snapshot() ?? DeviceSnapshot(), records: try folder?.records() ?? [])
        let eventLoop = group.next()
        let lengthMax = min(setup.messageLengthMax, ConsoleLimits().messageLengthMax)
        let device = try await eventLoop.flatSubmit {
            let device = TerminalDevice(
                model: model, messageLengthMax: lengthMax, folder: folder, path: path, on: eventLoop, report: report)
            let bound = NIOLoopBound(device, eventLoop: eventLoop)
            return device.start(datagramPort: port).map { bound }
        }.get()
        let bound = try await eventLoop.submit { device.value.datagramPort }.get()
        return TerminalDeviceServer(
            bufferCount: setup.bufferCount, port: bound, eventLoop: eventLoop, device: device)
    }

    package func perform(_ command: DeviceCommand) {
        eventLoop.execute { device.value.perform(command) }
    }

    /// Turns a fault of the line on or off; from any thread.
    package func perform(_ order: LineFaultOrder) {
        eventLoop.execute { device.value.perform(order) }
    }

    package func stop() async throws {
        try await eventLoop.flatSubmit { device.value.stop() }.get()
    }
}
