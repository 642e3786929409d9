import CORProtocol
import DeviceSimulator
import HubCore
import NIOPosix
import SMPProtocol
import Synchronization
import Testing

@testable import DeviceLinks

@Suite("The USB link", .timeLimit(.minutes(1)))
struct USBDeviceLinkTests {
    private func request(_ seed: UInt8, length: Int = 400) -> [UInt8] {
        ContractMessage.request(length: length, seed: seed)
    }

    private func events(of link: any DeviceLink) -> AsyncStream<LinkEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkEvent.self)
        link.start { continuation.yield($0) }
        return stream
    }

    /// Sends until an answer comes, as the exchange above would: what a fault swallowed is sent again.
    private func answers(_ source: SimulatedUSBSource) async {
        let link = source.link()
        var events = events(of: link).makeAsyncIterator()
        #expect(await events.next() == .opened)
        // The first may be lost to the fault, and the second is not.
        for seed in UInt8(0)..<3 { link.send(request(seed)) }
        var received: [[UInt8]] = []
        while received.last != request(2), case .received(let message) = await events.next() {
            received.append(message)
        }
        #expect(received.last == request(2))
        link.close()
        #expect(await events.next() == .gone(.closed))
    }

    @Test(
        "After a stall either way and a read that overflowed, messages pass again",
        arguments: [USBFault.stall, .stallOut, .babble])
    func recovers(fault: USBFault) async {
        await answers(SimulatedUSBSource(faults: [USBFaultOrder(fault: fault, number: 1)]) { [$0] })
    }

    @Test(
        "Answers in short transfers, without zero-length packets, on other endpoints, are the same answers",
        arguments: [USBFault.short, .noZeroPacket, .otherEndpoints])
    func cuts(fault: USBFault) async {
        let link = SimulatedUSBSource(faults: [USBFaultOrder(fault: fault)]) { [$0] }.link()
        var events = events(of: link).makeAsyncIterator()
        #expect(await events.next() == .opened)
        // Around one packet and several, where a zero-length packet is due and where none is.
        for length in [300, 511, 512, 513, 1_023, 1_024, 1_025, 4_096, 65_536, 65_543] {
            let request = request(1, length: length)
            link.send(request)
            #expect(await events.next() == .received(message: request))
        }
        link.close()
    }

    @Test("A device that stalls for good has its port reset, and the link is gone")
    func stallsForGood() async {
        let source = SimulatedUSBSource(faults: [USBFaultOrder(fault: .stallOut)]) { [$0] }
        let link = source.link()
        var events = events(of: link).makeAsyncIterator()
        #expect(await events.next() == .opened)
        for seed in UInt8(0)..<4 { link.send(request(seed)) }
        #expect(await events.next() == .gone(.failed(code: USBLinkMachine.stalledCode)))
        #expect(source.resetCount.load(ordering: .relaxed) == 1)
        #expect(source.losses.withLock { $0 } == [.reset])
    }

    @Test("Pulled out at any byte, it is gone once, and nothing is left under way")
    func disconnects() async {
        for count in [1, 100, 399, 400, 401, 500, 799, 800, 801, 5_000] {
            let source = SimulatedUSBSource(faults: [USBFaultOrder(fault: .disconnect, number: count)]) { [$0] }
            let link = source.link()
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            for seed in UInt8(0)..<10 { link.send(request(seed)) }
            var last: LinkEvent?
            while let event = await events.next() {
                last = event
                if case .gone = event { break }
            }
            #expect(last == .gone(.refused), "after \(count) bytes")
            #expect(source.losses.withLock { $0 } == [.unplugged])
        }
    }

    @Test("The bus that no longer has the device ends the link")
    func leaves() async {
        let source = SimulatedUSBSource { [$0] }
        var events = events(of: source.link()).makeAsyncIterator()
        #expect(await events.next() == .opened)
        source.leave()
        #expect(await events.next() == .gone(.refused))
    }

    @Test(
        "Threat 3, BadUSB: a device with a keyboard, a disk or a lying descriptor is not opened",
        arguments: [USBFault.keyboard, .disk, .wrongDescriptor])
    func refuses(fault: USBFault) async {
        var events = events(of: SimulatedUSBSource(faults: [USBFaultOrder(fault: fault)]) { [$0] }.link())
            .makeAsyncIterator()
        #expect(await events.next() == .gone(.refused))
    }

    @Test("A serial number that is none makes no link")
    func serial() {
        let host = USBHost(awaitLimit: nil)
        for text in ["x", "cor1-0001", "COR1/0001"] {
            #expect(throws: LinkAddressError.self) {
                try host.link(to: .usb(serial: text), on: MultiThreadedEventLoopGroup.singleton.next())
            }
        }
    }
}
