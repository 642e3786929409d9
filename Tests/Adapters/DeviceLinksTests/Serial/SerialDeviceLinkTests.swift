import DeviceLinks
import Glibc
import HubCore
import NIOCore
import NIOPosix
import SMPProtocol
import Testing

@Suite("The serial link", .timeLimit(.minutes(1)))
struct SerialDeviceLinkTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let message = ContractMessage.request(textLength: 300, seed: 1)

    private func events(of link: any DeviceLink) -> AsyncStream<LinkEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkEvent.self)
        link.start { event in
            continuation.yield(event)
            if case .gone = event { continuation.finish() }
        }
        return stream
    }

    private func all(of link: any DeviceLink) async -> [LinkEvent] {
        await events(of: link).reduce(into: []) { $0.append($1) }
    }

    @Test("A device that is unplugged is gone as refused", arguments: ["", "?framing=raw"])
    func unplugged(options: String) async throws {
        try await TerminalPeer.with { peer in
            let address = try LinkAddress("serial:\(peer.path)\(options)")
            let link = try DeviceLinkFactory(on: MultiThreadedEventLoopGroup.singleton).link(to: address, on: eventLoop)
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            link.send(message)
            #expect(await events.next() == .received(message: message))
            await peer.unplug()
            #expect(await events.next() == .gone(.refused))
            #expect(await events.next() == nil)
        }
    }

    @Test("A device that is unplugged while much waits to be sent is gone as refused")
    func unpluggedWhileSending() async throws {
        try await TerminalPeer.with(answering: { _ in ByteBuffer() }) { peer in
            let link = SerialDeviceLink(path: peer.path, on: eventLoop)
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            for _ in 0..<20 { link.send(ContractMessage.request(length: 60_000, seed: 0)) }
            await peer.unplug()
            #expect(await events.next() == .gone(.refused))
        }
    }

    @Test("What is not there, no terminal, or another's is told by its own reason")
    func notToBeHad() async throws {
        #expect(await all(of: SerialDeviceLink(path: "/dev/no-such-tty", on: eventLoop)) == [.gone(.refused)])
        #expect(
            await all(of: SerialDeviceLink(path: "/dev/null", on: eventLoop)) == [.gone(.failed(code: ENOTTY))])
        try await TerminalPeer.with { peer in
            let first = SerialDeviceLink(path: peer.path, on: eventLoop)
            var firstEvents = events(of: first).makeAsyncIterator()
            #expect(await firstEvents.next() == .opened)
            let second = SerialDeviceLink(path: peer.path, on: eventLoop)
            #expect(await all(of: second) == [.gone(.failed(code: EWOULDBLOCK))])
            first.close()
            #expect(await firstEvents.next() == .gone(.closed))
            // Once it is gone, the next may have it.
            let third = SerialDeviceLink(path: peer.path, on: eventLoop)
            var thirdEvents = events(of: third).makeAsyncIterator()
            #expect(await thirdEvents.next() == .opened)
            third.close()
        }
    }

    @Test("A socket where nobody listens is refused, and one that ends is gone")
    func sockets() async throws {
        let closedPort = try await SocketPeer.with { $0 }
        #expect(
            await all(of: try SerialDeviceLink(host: "127.0.0.1", port: closedPort, on: eventLoop))
                == [.gone(.refused)])
        #expect(throws: LinkAddressError.notLoopback("192.0.2.1")) {
            try SerialDeviceLink(host: "192.0.2.1", port: 1, on: eventLoop)
        }
    }

    @Test("What the device logs before, between and after its lines is skipped")
    func logLines() async throws {
        let lines = ConsoleFraming.lines(of: message)
        let talk = Array("*** Booting ***\r\n[00:00:00.010] <inf> ready\r\nuart:~$ ".utf8)
        let stream = talk + lines.flatMap { $0 + Array("<wrn> between\r\n".utf8) } + talk
        try await TerminalPeer.with { peer in
            let link = SerialDeviceLink(path: peer.path, on: eventLoop)
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            try await peer.say(stream + stream)
            #expect(await events.next() == .received(message: message))
            #expect(await events.next() == .received(message: message))
            link.close()
        }
    }

    @Test("A message fits the device's buffer with what the framing puts into it")
    func bufferSize() throws {
        func lengthMax(_ options: String, _ bufferSize: Int) throws -> Int {
            try DeviceLinkFactory(on: MultiThreadedEventLoopGroup.singleton)
                .link(to: LinkAddress("serial:/dev/ttyACM0\(options)"), on: eventLoop)
                .messageLengthMax(bufferSize: bufferSize)
        }
        #expect(try lengthMax("", 96) == 92)
        #expect(try lengthMax("", 65_537) == 65_533)
        #expect(try lengthMax("", 1 << 20) == 65_533)
        #expect(try lengthMax("?framing=raw", 384) == 384)
        #expect(try lengthMax("?framing=raw", 1 << 20) == 65_543)
        #expect(try lengthMax("?message=256", 2_048) == 256)
    }
}
