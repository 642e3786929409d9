import CORProtocol
package import NIOCore
import NIOPosix
import SMPProtocol

/// A virtual COR One on USB: its model behind a port of Linux's virtual host controller.
///
/// Unplugging leaves the device on: it has a battery. A restart takes it from the bus and back, unless its cable was pulled.
package struct USBDeviceServer: DeviceServer {
    /// The only peer that a cable has.
    private struct Hub: Sendable {}

    private struct Parts {
        var driver: DeviceDriver<Hub>
        var socket: USBSocket
    }

    /// From a restart to the end of the connection: the answer to a reset still goes out.
    private static let answerTime = TimeAmount.milliseconds(50)

    package let bufferCount: Int
    private let parts: NIOLoopBound<Parts>
    private let eventLoop: any EventLoop

    /// Switches the device on and plugs it in.
    ///
    /// - Parameters:
    ///   - faults: on from the first time that it is plugged in.
    ///   - report: called on the event loop's thread.
    ///   - noticed: the same.
    package static func start(
        setup: DeviceSetup, folder: StateFolder?, faults: [USBFaultOrder], on group: any EventLoopGroup,
        report: @escaping @Sendable (DeviceReport) -> Void, noticed: @escaping @Sendable (USBSocket.Notice) -> Void
    ) async throws -> USBDeviceServer {
        let model = DeviceModel(
            setup: setup, snapshot: try folder?.snapshot() ?? DeviceSnapshot(), records: try folder?.records() ?? [])
        let eventLoop = group.next()
        return try await eventLoop.submit {
            let server = USBDeviceServer(model: model, folder: folder, on: eventLoop, report: report, noticed: noticed)
            faults.forEach(server.parts.value.socket.order)
            // The device is up and says so, and with that it is plugged in.
            server.parts.value.driver.start()
            return server
        }.get()
    }

    private init(
        model: DeviceModel, folder: StateFolder?, on eventLoop: any EventLoop,
        report: @escaping @Sendable (DeviceReport) -> Void, noticed: @escaping @Sendable (USBSocket.Notice) -> Void
    ) {
        self.eventLoop = eventLoop
        bufferCount = model.setup.bufferCount
        let serial = model.setup.identity.serial
        var driver: DeviceDriver<Hub>?
        let socket = USBSocket(
            on: eventLoop, identity: { USBIdentity(serial: serial, faults: $0) },
            received: { message in
                driver?.received(message, from: Hub())
                driver?.finishTurn()
            },
            noticed: { notice in
                if notice == .unplugged { driver?.linkEnded() }
                noticed(notice)
            })
        let cable = NIOLoopBound(socket, eventLoop: eventLoop)
        let made = DeviceDriver<Hub>(
            model: model, folder: folder, on: eventLoop,
            report: { what in
                Self.follow(what, at: cable, on: eventLoop)
                report(what)
            },
            send: { message, _ in Self.isEvent(message) ? socket.send(event: message) : socket.send(message: message) },
            flush: { socket.flush() })
        driver = made
        parts = NIOLoopBound(Parts(driver: made, socket: socket), eventLoop: eventLoop)
    }

    package func perform(_ command: DeviceCommand) {
        eventLoop.execute { parts.value.driver.perform(command) }
    }

    /// Does what a person at the cable would; from any thread.
    package func perform(_ command: USBCommand) {
        eventLoop.execute {
            switch command {
            case .plug: parts.value.socket.plugIn()
            case .unplug: parts.value.socket.unplug()
            case .fault(let order): parts.value.socket.order(order)
            }
        }
    }

    package func stop() async throws {
        try await eventLoop.submit {
            parts.value.driver.switchOff()
            parts.value.socket.unplug()
        }.get()
    }

    /// A device that restarts leaves the bus, and is back on it when it is up.
    private static func follow(
        _ report: DeviceReport, at cable: NIOLoopBound<USBSocket>, on eventLoop: any EventLoop
    ) {
        switch report {
        case .restarting: eventLoop.scheduleTask(in: answerTime) { cable.value.deviceWentDown() }
        case .booted: eventLoop.execute { cable.value.deviceCameUp() }
        default: break
        }
    }

    /// Whether nobody asked for it (firmware-specs/transport.md, section 7).
    private static func isEvent(_ message: [UInt8]) -> Bool {
        guard let header = try? SMPHeader(decoding: message) else { return false }
        return header.group == CORCommand.group && header.operation == .readResponse
            && header.command >= CORCommand.liveSample.rawValue
    }
}
