/// What is to happen, by virtual time; what is due at the same moment comes in the order in which it was put in.
///
/// Events are large and most are due at once, so that those go through a line of their own, and the heap orders places
/// of the others instead of moving them.
struct EventQueue<Event> {
    private struct Place {
        var at: Duration
        var number: UInt64
        var slot: Int

        static func < (left: Place, right: Place) -> Bool {
            left.at != right.at ? left.at < right.at : left.number < right.number
        }
    }

    private var heap: [Place] = []
    private var slots: [Event?] = []
    private var freeSlots: [Int] = []
    private var count: UInt64 = 0
    /// Due at `lineAt`, in order, from `lineStart` on.
    private var line: [Event?] = []
    private var lineStart = 0
    private var lineAt: Duration = .zero

    /// - Parameter time: not before that of an event that was taken out.
    mutating func insert(_ event: Event, at time: Duration) {
        guard time > lineAt else {
            line.append(event)
            return
        }
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot] = event
        } else {
            slot = slots.count
            slots.append(event)
        }
        count += 1
        heap.append(Place(at: time, number: count, slot: slot))
        rise(from: heap.count - 1)
    }

    /// - Returns: nil where nothing is due up to `end`.
    mutating func popFirst(before end: Duration) -> (at: Duration, event: Event)? {
        // What the heap has for this moment was put in before the moment came, and so before what is in the line.
        if let first = heap.first, first.at <= lineAt || lineStart == line.count {
            guard first.at <= end else { return nil }
            lineAt = max(lineAt, first.at)
            removeFirst()
            defer { freeSlots.append(first.slot) }
            return slots[first.slot].take().map { (lineAt, $0) }
        }
        guard lineStart < line.count, lineAt <= end else { return nil }
        defer {
            lineStart += 1
            if lineStart == line.count {
                line.removeAll(keepingCapacity: true)
                lineStart = 0
            }
        }
        return line[lineStart].take().map { (lineAt, $0) }
    }

    private mutating func rise(from start: Int) {
        var child = start
        let moved = heap[child]
        while child > 0, moved < heap[(child - 1) / 2] {
            heap[child] = heap[(child - 1) / 2]
            child = (child - 1) / 2
        }
        heap[child] = moved
    }

    private mutating func removeFirst() {
        let moved = heap.removeLast()
        guard !heap.isEmpty else { return }
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { break }
            let child = left + 1 < heap.count && heap[left + 1] < heap[left] ? left + 1 : left
            guard heap[child] < moved else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = moved
    }
}
