import NIOCore
import NIOPosix
import SMPProtocol

/// A device on a pty, on its event loop's thread only: the driver of the model, and the line that comes and goes.
final class TerminalDevice {
    /// The only peer that a line has.
    struct Hub: Sendable {}

    /// From the line pulled out to the line back in.
    private static let replugDelay = TimeAmount.milliseconds(500)
    /// Bytes that wait for the hub; an answer on top is lost, as a UART loses what nobody reads.
    private static let pendingLengthMax = 4 << 20

    private let eventLoop: any EventLoop
    private let path: String
    private let limits: ConsoleLimits
    private let report: @Sendable (DeviceReport) -> Void
    private var driver: DeviceDriver<Hub>?
    private var faults = LineFaults()
    private var terminal: PseudoTerminal?
    private var channel: (any Channel)?
    private var pendingLength = 0

    init(
        model: DeviceModel, bufferLength: Int, folder: StateFolder?, path: String, on eventLoop: any EventLoop,
        report: @escaping @Sendable (DeviceReport) -> Void
    ) {
        self.eventLoop = eventLoop
        self.path = path
        self.report = report
        // As Zephyr's: the buffer holds the frame's length and CRC, too.
        limits = ConsoleLimits(
            messageLengthMax: min(bufferLength - ConsoleFraming.overheadLength, ConsoleLimits().messageLengthMax))
        driver = DeviceDriver(
            model: model, folder: folder, on: eventLoop, report: report,
            send: { [unowned self] message, _ in send(message) },
            flush: { [unowned self] in channel?.flush() })
    }

    func start() -> EventLoopFuture<Void> {
        plugIn().assumeIsolated().map { self.driver?.start() }.nonisolated()
    }

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
                received: { [weak self] in self?.driver?.received($0, from: Hub()) },
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

    private func send(_ message: [UInt8]) {
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
