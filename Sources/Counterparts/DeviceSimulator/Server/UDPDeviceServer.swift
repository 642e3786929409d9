package import NIOCore
import NIOPosix

/// A virtual device on UDP: one datagram a message.
package struct UDPDeviceServer: DeviceServer {
    private let channel: any Channel
    /// How many requests may be outstanding, as the device says: never more than the socket holds.
    package let bufferCount: Int

    /// Binds and starts the device.
    ///
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - report: called on the event loop's thread.
    /// - Throws: `IOError` where the address cannot be had.
    package static func start(
        setup: DeviceSetup, folder: StateFolder?, host: String, port: Int, on group: any EventLoopGroup,
        report: @escaping @Sendable (DeviceReport) -> Void
    ) async throws -> UDPDeviceServer {
        let bufferLength = setup.bufferSize
        let wanted = setup.bufferCount * (bufferLength + 8_192)
        let buffer = ReceiveBuffer.probe(wanted: wanted)
        var setup = setup
        setup.bufferCount = min(setup.bufferCount, buffer.requestCount(length: bufferLength))
        let model = DeviceModel(
            setup: setup, snapshot: try folder?.snapshot() ?? DeviceSnapshot(), records: try folder?.records() ?? [])
        let channel = try await DatagramBootstrap(group: group)
            .channelOption(.socketOption(.init(rawValue: buffer.option)), value: .init(wanted))
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DeviceChannelHandler(model: model, folder: folder, report: report))
                }
            }
            .bind(host: host, port: port)
            .get()
        return UDPDeviceServer(channel: channel, bufferCount: setup.bufferCount)
    }

    /// The port that was bound.
    package var port: Int {
        channel.localAddress?.port ?? 0
    }

    /// Does what a person at the device would; from any thread.
    package func perform(_ command: DeviceCommand) {
        channel.pipeline.fireUserInboundEventTriggered(DeviceChannelHandler.Event.command(command))
    }

    /// Switches the device off: a run that is under way is closed as far as it came.
    package func stop() async throws {
        channel.pipeline.fireUserInboundEventTriggered(DeviceChannelHandler.Event.switchOff)
        try await channel.close()
    }
}
