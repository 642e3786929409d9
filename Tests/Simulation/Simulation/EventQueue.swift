/// What is to happen, by virtual time; what is due at the same moment comes in the order in which it was put in.
struct EventQueue<Event> {
    private var heap: [(at: Duration, number: UInt64, event: Event)] = []
    private var count: UInt64 = 0

    mutating func insert(_ event: Event, at time: Duration) {
        count += 1
        heap.append((time, count, event))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// - Returns: nil where nothing is due up to `end`.
    mutating func popFirst(before end: Duration) -> (at: Duration, event: Event)? {
        guard let first = heap.first, first.at <= end else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { break }
            let child = left + 1 < heap.count && isBefore(left + 1, left) ? left + 1 : left
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return (first.at, first.event)
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].at, heap[left].number) < (heap[right].at, heap[right].number)
    }
}
