import Synchronization

/// Bounds how many connections are served at a time.
final class ConnectionSlots: Sendable {
    private let free: Mutex<Int>

    init(countMax: Int) {
        free = Mutex(countMax)
    }

    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() {
        free.withLock { $0 += 1 }
    }
}
