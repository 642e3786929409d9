package import NIOCore
import NIOPosix

/// A virtual device in a port of the virtual host controller, whatever answers its messages.
///
/// All of it runs on one event loop.
package final class USBSocket {
    private let eventLoop: any EventLoop
    private let makeIdentity: (USBFaults) -> USBIdentity
    private let received: ([UInt8]) -> Void
    private let noticed: (Notice) -> Void
    private var faults = USBFaults()
    private var isCableIn = true
    private var isDeviceUp = false
    private var plugged: (device: VirtualUSBDevice, port: VirtualHostController.Port, channel: any Channel)?

    /// What the owner is told.
    package enum Notice: Sendable, Hashable {
        case plugged
        case unplugged
        case struck(USBFault)
        /// The system refused it.
        case failed(reason: String)
    }

    /// - Parameters:
    ///   - makeIdentity: what the device tells of itself each time that it is plugged in.
    ///   - received: takes each whole message of the hub.
    package init(
        on eventLoop: any EventLoop, identity makeIdentity: @escaping (USBFaults) -> USBIdentity,
        received: @escaping ([UInt8]) -> Void, noticed: @escaping (Notice) -> Void
    ) {
        self.eventLoop = eventLoop
        self.makeIdentity = makeIdentity
        self.received = received
        self.noticed = noticed
    }

    package func order(_ fault: USBFaultOrder) {
        faults.set(fault)
        plugged?.device.faults.set(fault)
    }

    /// A person plugs the cable in. A device that is restarting is on the bus when it is up.
    package func plugIn() {
        isCableIn = true
        attachIfReady()
    }

    /// A person pulls the cable, also out of a device that is off the bus while it restarts: it stays off then.
    package func unplug() {
        isCableIn = false
        if plugged == nil { noticed(.unplugged) } else { detach() }
    }

    /// The device has started; with its cable in it is on the bus.
    package func deviceCameUp() {
        isDeviceUp = true
        attachIfReady()
    }

    package func deviceWentDown() {
        isDeviceUp = false
        detach()
    }

    private func attachIfReady() {
        guard isCableIn, isDeviceUp, plugged == nil else { return }
        let port: VirtualHostController.Port
        do throws(VirtualHostController.Fault) {
            port = try VirtualHostController.plugIn()
        } catch {
            return noticed(.failed(reason: error.description))
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let socket = bound.value
                    socket.plugged = (
                        VirtualUSBDevice(identity: socket.makeIdentity(socket.faults), faults: socket.faults), port,
                        channel
                    )
                    try channel.pipeline.syncOperations.addHandler(
                        USBIPHandler(
                            take: { command in socket.advance { $0.handle(command) } },
                            ended: { socket.ended(port) }))
                }
            }
            .withConnectedSocket(port.socket)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success: self.noticed(.plugged)
                case .failure(let error): self.noticed(.failed(reason: "\(error)"))
                }
            }
    }

    private func detach() {
        guard let plugged else { return }
        faults = plugged.device.faults
        self.plugged = nil
        do throws(VirtualHostController.Fault) {
            try VirtualHostController.unplug(plugged.port)
        } catch {
            noticed(.failed(reason: error.description))
        }
        plugged.channel.close(promise: nil)
        noticed(.unplugged)
    }

    package func send(message: [UInt8]) {
        advance { $0.send(message: message) }
    }

    package func send(event: [UInt8]) {
        advance { $0.send(event: event) }
    }

    package func flush() {
        plugged?.channel.flush()
    }

    private func advance(_ step: (inout VirtualUSBDevice) -> [VirtualUSBDevice.Effect]) {
        guard var device = plugged?.device else { return }
        let effects = step(&device)
        plugged?.device = device
        for effect in effects { perform(effect) }
    }

    private func perform(_ effect: VirtualUSBDevice.Effect) {
        switch effect {
        case .answer(let answer):
            plugged?.channel.write(ByteBuffer(bytes: answer.encoded()), promise: nil)
        case .received(let message):
            received(message)
        case .disconnect:
            unplug()
        case .struck(let fault):
            noticed(.struck(fault))
        case .unfinished:
            break  // USB/IP's answer has no room for it: the bytes are lost.
        }
    }

    /// The kernel let go of the device.
    private func ended(_ port: VirtualHostController.Port) {
        guard let plugged, plugged.port.socket == port.socket else { return }
        faults = plugged.device.faults
        self.plugged = nil
        noticed(.unplugged)
    }
}
