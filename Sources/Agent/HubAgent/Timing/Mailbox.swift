import Synchronization

/// The inbox of one run loop. What the outside can send at will is bounded; what the loop itself asked for is not lost.
struct Mailbox<Event: Sendable>: Sendable {
    private final class Load: Sendable {
        let droppableCount = Atomic<Int>(0)
    }

    private struct Letter: Sendable {
        var event: Event
        var isDroppable: Bool
    }

    private let stream: AsyncStream<Letter>
    private let continuation: AsyncStream<Letter>.Continuation
    private let load = Load()
    private let droppableCountMax: Int

    init(droppableCountMax: Int = 1_024) {
        (stream, continuation) = AsyncStream.makeStream()
        self.droppableCountMax = droppableCountMax
    }

    /// For answers to what the loop asked for: bounded by its own requests.
    func post(_ event: Event) {
        continuation.yield(Letter(event: event, isDroppable: false))
    }

    /// For what comes unasked: dropped while too many wait, as a lossy link may drop anything.
    func postDroppable(_ event: Event) {
        let count = load.droppableCount.add(1, ordering: .relaxed).newValue
        guard count <= droppableCountMax else {
            load.droppableCount.subtract(1, ordering: .relaxed)
            return
        }
        continuation.yield(Letter(event: event, isDroppable: true))
    }

    func finish() {
        continuation.finish()
    }

    /// The events in order; one consumer.
    func forEach<Failure: Error>(_ body: (Event) async throws(Failure) -> LoopStep) async throws(Failure) {
        for await letter in stream {
            if letter.isDroppable {
                load.droppableCount.subtract(1, ordering: .relaxed)
            }
            guard try await body(letter.event) == .goOn else { return }
        }
    }
}

enum LoopStep {
    case goOn
    case end
}
