/// Timers of one run loop: any number of ids, one deadline to sleep for. Timers are never cancelled; machines ignore
/// ids that they have outlived.
struct DeadlineQueue<ID: Sendable>: Sendable {
    /// A binary heap, the earliest first.
    private var heap: [(deadline: ContinuousClock.Instant, id: ID)] = []

    var nextDeadline: ContinuousClock.Instant? { heap.first?.deadline }

    mutating func insert(_ id: ID, at deadline: ContinuousClock.Instant) {
        heap.append((deadline, id))
        var child = heap.count - 1
        while child > 0, heap[child].deadline < heap[(child - 1) / 2].deadline {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Removes and returns what is due, the earliest first.
    mutating func popDue(at now: ContinuousClock.Instant) -> [ID] {
        var due: [ID] = []
        while let first = heap.first, first.deadline <= now {
            due.append(first.id)
            removeFirst()
        }
        return due
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let child = right < heap.count && heap[right].deadline < heap[left].deadline ? right : left
            guard heap[child].deadline < heap[parent].deadline else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
