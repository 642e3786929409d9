import DeviceLinks
import HubCore
import Testing

/// What every link promises to the layers above, whatever carries it.
@Suite("The link contract", .timeLimit(.minutes(1)))
struct LinkContractTests {
    /// The link's events as they come, and the link started.
    private func events(of link: any DeviceLink) -> AsyncStream<LinkEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkEvent.self)
        link.start { continuation.yield($0) }
        return stream
    }

    private func message(_ length: Int, seed: UInt8 = 0) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: $0) ^ seed }
    }

    @Test("It opens first, and says so once", arguments: LinkFixture.all)
    func opens(fixture: LinkFixture) async throws {
        try await fixture.withEchoingPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            link.close()
            #expect(await events.next() == .gone(.closed))
        }
    }

    @Test("Messages come back whole and in order", arguments: LinkFixture.all)
    func order(fixture: LinkFixture) async throws {
        try await fixture.withEchoingPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            for seed in UInt8(0)..<50 {
                link.send(message(Int(seed) * 7 + 8, seed: seed))
            }
            for seed in UInt8(0)..<50 {
                #expect(await events.next() == .received(message: message(Int(seed) * 7 + 8, seed: seed)))
            }
            link.close()
        }
    }

    @Test("A message of the greatest length passes, and one byte more is dropped", arguments: LinkFixture.all)
    func lengthLimit(fixture: LinkFixture) async throws {
        try await fixture.withEchoingPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            link.send(message(fixture.messageLengthMax + 1))
            link.send(message(fixture.messageLengthMax, seed: 1))
            #expect(await events.next() == .received(message: message(fixture.messageLengthMax, seed: 1)))
            link.close()
        }
    }

    @Test("Closing is final: gone once, and nothing after it", arguments: LinkFixture.all)
    func closes(fixture: LinkFixture) async throws {
        try await fixture.withEchoingPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            link.close()
            link.close()
            link.send(message(8))
            #expect(await events.next() == .gone(.closed))
            link.send(message(8))
            link.close()
            // A second link to the same peer has had its answer by the time anything of the first could come.
            try await fixture.withEchoingPeer { other in
                var otherEvents = self.events(of: other).makeAsyncIterator()
                #expect(await otherEvents.next() == .opened)
                other.close()
                #expect(await otherEvents.next() == .gone(.closed))
            }
        }
    }

    @Test("Closing while it opens ends it", arguments: LinkFixture.all)
    func closesEarly(fixture: LinkFixture) async throws {
        try await fixture.withEchoingPeer { link in
            let stream = events(of: link)
            link.close()
            var seen: [LinkEvent] = []
            for await event in stream {
                seen.append(event)
                if case .gone = event { break }
            }
            #expect(seen.last == .gone(.closed))
            #expect(seen.dropLast().allSatisfy { $0 == .opened })
        }
    }
}
