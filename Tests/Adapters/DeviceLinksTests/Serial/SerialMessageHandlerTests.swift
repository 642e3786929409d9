import DeviceLinks
import HubCore
import NIOCore
import NIOEmbedded
import SMPProtocol
import Synchronization
import Testing

@Suite("The serial line's handler")
struct SerialMessageHandlerTests {
    /// What the handler told, in order.
    private final class Events: Sendable {
        private let list = Mutex<[LinkEvent]>([])

        var seen: [LinkEvent] { list.withLock { $0 } }

        func append(_ event: LinkEvent) { list.withLock { $0.append(event) } }
    }

    private func options(_ text: String) throws -> SerialOptions {
        guard case .serial(_, let options) = try LinkAddress("serial:/dev/x\(text)") else { return SerialOptions() }
        return options
    }

    private func channel(_ text: String, _ events: Events) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(
            handler: SerialMessageHandler(try options(text), activated: { _ in }, handler: events.append))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func written(_ channel: EmbeddedChannel) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(buffer: buffer) }
        return bytes
    }

    private let message = ContractMessage.request(textLength: 200, seed: 3)

    @Test("Lines are as long as the address allows", arguments: [(127, ""), (64, "?line=64"), (512, "?line=512")])
    func lineLength(max: Int, text: String) throws {
        let channel = try channel(text, Events())
        try channel.writeOutbound(message)
        let bytes = try written(channel)
        #expect(bytes == ConsoleFraming.lines(of: message, limits: ConsoleLimits(lineLengthMax: max)).flatMap { $0 })
        #expect(bytes.split(separator: 0x0A).allSatisfy { $0.count < max })
        _ = try channel.finish()
    }

    @Test("With a gap, a line leaves no sooner than it after the one before")
    func gap() throws {
        let channel = try channel("?gap=5ms", Events())
        let lines = ConsoleFraming.lines(of: message)
        try #require(lines.count == 3)
        channel.pipeline.writeAndFlush(message, promise: nil)
        channel.pipeline.writeAndFlush(message, promise: nil)
        #expect(try written(channel) == lines[0])
        for line in [lines[1], lines[2]] + lines {
            channel.embeddedEventLoop.advanceTime(by: .microseconds(4_999))
            #expect(try written(channel) == [])
            channel.embeddedEventLoop.advanceTime(by: .microseconds(1))
            #expect(try written(channel) == line)
        }
        _ = try channel.finish()
    }

    @Test("What a peer does not take is dropped beyond a bound", arguments: ["", "?framing=raw", "?gap=1ms"])
    func pendingBound(text: String) throws {
        let channel = try channel(text, Events())
        let longest = ContractMessage.request(length: 60_000, seed: 0)
        for _ in 0..<200 { channel.pipeline.write(longest, promise: nil) }
        channel.pipeline.flush()
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        let count = try written(channel).count
        let encoded = text == "?framing=raw" ? 60_000 : ConsoleFraming.lines(of: longest).reduce(0) { $0 + $1.count }
        // The last that is taken may pass the bound by its own length.
        #expect(count > SerialMessageHandler.pendingLengthMax)
        #expect(count <= SerialMessageHandler.pendingLengthMax + encoded)
        // There is room again.
        channel.pipeline.writeAndFlush(message, promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(try written(channel).count >= message.count)
        _ = try channel.finish()
    }

    @Test("A bare message that breaks off is forgotten after a silence, and the next one is whole")
    func brokenOff() throws {
        let events = Events()
        let channel = try channel("?framing=raw", events)
        try channel.writeInbound(ByteBuffer(bytes: message.prefix(20)))
        channel.embeddedEventLoop.advanceTime(by: SerialMessageHandler.silence)
        try channel.writeInbound(ByteBuffer(bytes: message))
        #expect(events.seen == [.received(message: message)])
        _ = try channel.finish()
    }

    @Test("A bare message may come in pieces")
    func pieces() throws {
        let events = Events()
        let channel = try channel("?framing=raw", events)
        for byte in message {
            try channel.writeInbound(ByteBuffer(bytes: [byte]))
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        }
        #expect(events.seen == [.received(message: message)])
        _ = try channel.finish()
    }

    @Test("Threat 21: endless noise is skipped and leaves nothing behind", arguments: ["", "?framing=raw"])
    func endlessNoise(text: String) throws {
        let events = Events()
        let channel = try channel(text, events)
        let noise = ByteBuffer(repeating: 0xFF, count: 65_536)
        for _ in 0..<64 { try channel.writeInbound(noise) }
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        let bytes = text.isEmpty ? [0x0A] + ConsoleFraming.lines(of: message).flatMap { $0 } : message
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        #expect(events.seen == [.received(message: message)])
        _ = try channel.finish()
    }
}
