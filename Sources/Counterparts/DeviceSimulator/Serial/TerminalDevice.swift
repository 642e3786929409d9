import CORProtocol
import NIOCore
import NIOPosix
import SMPProtocol

/// A device on a pty, on its event loop's thread only: the driver of the model, and the line that comes and goes.
///
/// It may have a UDP socket besides, as a true device has more than one link.
final class TerminalDevice {
    enum Peer: Sendable {
        /// Whoever has the line.
        case line
        case datagram(SocketAddress)
    }

    /// From the line pulled out to the line back in.
    private static let replugDelay = TimeAmount.milliseconds(500)
    /// Bytes that wait for the hub; an answer on top is lost, as a UART loses what nobody reads.
    private static let pendingLengthMax = 4 << 20

    private let eventLoop: any EventLoop
    private let path: String
    private let limits: ConsoleLimits
    private let report: @Sendable (DeviceReport) -> Void
    private var driver: DeviceDriver<Peer>?
    private var faults = LineFaults()
    private var terminal: PseudoTerminal?
    private var channel: (any Channel)?
    private var datagrams: (any Channel)?
    private var pendingLength = 0

    init(
        model: DeviceModel, messageLengthMax: Int, folder: StateFolder?, path: String, on eventLoop: any EventLoop,
        report: @escaping @Sendable (DeviceReport) -> Void
    ) {
        self.eventLoop = eventLoop
        self.path = path
        self.report = report
        limits = ConsoleLimits(messageLengthMax: messageLengthMax)
        driver = DeviceDriver(
            model: model, folder: folder, on: eventLoop, report: report,
            send: { [unowned self] message, peer in send(message, to: peer) },
            flush: { [unowned self] in
                channel?.flush()
                datagrams?.flush()
            })
    }

    /// - Parameter datagramPort: of the loopback; nil for a device that has the line alone.
    func start(datagramPort: Int?) -> EventLoopFuture<Void> {
        let sockets = datagramPort.map(bind) ?? eventLoop.makeSucceededVoidFuture()
        return sockets.assumeIsolated()
            .flatMap { self.plugIn() }
            .map { self.driver?.start() }
            .nonisolated()
    }

    /// The UDP port that was bound.
    var datagramPort: Int? { datagrams?.localAddress?.port }

    func perform(_ command: DeviceCommand) {
        if command == .clearFaults { faults.clear() }
        driver?.perform(command)
    }

    func perform(_ order: LineFaultOrder) {
        faults.set(order)
    }

    func stop() -> EventLoopFuture<Void> {
        driver?.switchOff()
        driver = nil
        datagrams?.close(promise: nil)
        datagrams = nil
        return unplug()
    }

    // MARK: - The line

    private func plugIn() -> EventLoopFuture<Void> {
        let terminal: PseudoTerminal
        do throws(PseudoTerminalError) {
            terminal = try PseudoTerminal()
            try terminal.link(at: path)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        self.terminal = terminal
        let line = NIOLoopBound(
            TerminalLineHandler(
                limits: limits,
                received: { [weak self] in self?.driver?.received($0, from: .line, over: .serial) },
                finished: { [weak self] in self?.driver?.finishTurn() }),
            eventLoop: eventLoop)
        return NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(line.value)
                }
            }
            .takingOwnershipOfDescriptor(inputOutput: terminal.descriptor)
            .assumeIsolated()
            .map { self.channel = $0 }
            .nonisolated()
    }

    private func unplug() -> EventLoopFuture<Void> {
        terminal?.removeLink(at: path)
        terminal?.release()
        terminal = nil
        guard let channel else { return eventLoop.makeSucceededVoidFuture() }
        self.channel = nil
        return channel.close()
    }

    private func bind(port: Int) -> EventLoopFuture<Void> {
        let handler = NIOLoopBound(
            DatagramHandler(
                received: { [weak self] in self?.driver?.received($0, from: .datagram($1), over: .udp) },
                finished: { [weak self] in self?.driver?.finishTurn() }),
            eventLoop: eventLoop)
        return DatagramBootstrap(group: eventLoop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .assumeIsolated()
            .map { self.datagrams = $0 }
            .nonisolated()
    }

    private func send(_ message: [UInt8], to peer: Peer) {
        switch peer {
        case .line:
            sendLines(of: message)
        case .datagram(let address):
            guard let datagrams else { return }
            datagrams.write(
                AddressedEnvelope(remoteAddress: address, data: datagrams.allocator.buffer(bytes: message)),
                promise: nil)
        }
    }

    private func sendLines(of message: [UInt8]) {
        guard channel != nil, pendingLength < Self.pendingLengthMax else { return }
        let bytes = faults.spoil(ConsoleFraming.lines(of: message))
        guard let count = faults.disconnect(within: bytes.count) else {
            write(bytes)
            return
        }
        write(Array(bytes.prefix(count))).assumeIsolated().whenComplete { _ in self.replug() }
        channel?.flush()
    }

    @discardableResult
    private func write(_ bytes: [UInt8]) -> EventLoopFuture<Void> {
        guard let channel else { return eventLoop.makeSucceededVoidFuture() }
        pendingLength += bytes.count
        let written = eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.pendingLength -= bytes.count }
        channel.write(channel.allocator.buffer(bytes: bytes), promise: written)
        return written.futureResult
    }

    private func replug() {
        unplug().assumeIsolated().whenComplete { _ in
            self.eventLoop.assumeIsolated().scheduleTask(in: Self.replugDelay) {
                guard self.driver != nil else { return }  // Switched off meanwhile.
                self.plugIn().assumeIsolated().whenFailure { error in
                    self.report(.requestIgnored(reason: "\(error)"))
                }
            }
        }
    }
}
