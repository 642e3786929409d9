import DeviceLinks
import HubCore
import Testing

/// What every link promises to the layers above, whatever carries it.
@Suite("The link contract", .serialized, .timeLimit(.minutes(1)))  // A true device has one link at a time.
struct LinkContractTests {
    /// The link's events as they come, and the link started.
    private func events(of link: any DeviceLink) -> AsyncStream<LinkEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkEvent.self)
        link.start { continuation.yield($0) }
        return stream
    }

    private func message(_ seed: UInt8) -> [UInt8] {
        ContractMessage.request(textLength: Int(seed) * 7, seed: seed)
    }

    @Test("It opens first, and says so once", arguments: LinkFixture.all)
    func opens(fixture: LinkFixture) async throws {
        try await fixture.withPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            link.close()
            #expect(await events.next() == .gone(.closed))
        }
    }

    @Test("Messages come back whole and in order", arguments: LinkFixture.all)
    func order(fixture: LinkFixture) async throws {
        try await fixture.withPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            for seed in UInt8(0)..<50 {
                let request = message(seed)
                link.send(request)
                if fixture.peerLengthMax != nil {  // A device takes as many at once as it says, which nobody asked.
                    #expect(await events.next() == .received(message: fixture.answer(request)))
                }
            }
            for seed in UInt8(0)..<50 where fixture.peerLengthMax == nil {
                let request = message(seed)
                #expect(await events.next() == .received(message: fixture.answer(request)))
            }
            link.close()
        }
    }

    @Test("A message of the greatest length passes, and one byte more is dropped", arguments: LinkFixture.all)
    func lengthLimit(fixture: LinkFixture) async throws {
        try await fixture.withPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            // The header cannot announce more than 65,535 bytes: what is too long is so in truth alone.
            link.send(ContractMessage.request(length: link.messageLengthMax, seed: 2) + [0])
            let longest = ContractMessage.request(length: fixture.peerLengthMax ?? link.messageLengthMax, seed: 1)
            link.send(longest)
            #expect(await events.next() == .received(message: fixture.answer(longest)))
            link.close()
        }
    }

    @Test("Closing is final: gone once, and nothing after it", arguments: LinkFixture.all)
    func closes(fixture: LinkFixture) async throws {
        try await fixture.withPeer { link in
            var events = events(of: link).makeAsyncIterator()
            #expect(await events.next() == .opened)
            link.close()
            link.close()
            link.send(message(1))
            #expect(await events.next() == .gone(.closed))
            link.send(message(1))
            link.close()
            // A second link to the same peer has had its answer by the time anything of the first could come.
            try await fixture.withPeer { other in
                var otherEvents = self.events(of: other).makeAsyncIterator()
                let first = await otherEvents.next()
                #expect(first == .opened)
                other.close()
                #expect(await otherEvents.next() == .gone(.closed))
            }
        }
    }

    @Test("Closing while it opens ends it", arguments: LinkFixture.all)
    func closesEarly(fixture: LinkFixture) async throws {
        try await fixture.withPeer { link in
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
