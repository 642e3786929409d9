/// Keeps a device that is refused again and again from filling the audit trail: each reason of each address is new once
/// in a while.
package struct RefusalNotes: Sendable, Equatable {
    /// From one note to the next of the same.
    package static let interval = Duration.seconds(3_600)
    /// Notes that are kept. While there are so many, nothing is new.
    package static let countMax = 64

    private struct Key: Hashable, Sendable {
        var address: String
        var reason: String
    }

    private var noted: [Key: Duration] = [:]

    package init() {}

    /// - Parameter now: the caller's monotonic clock.
    package mutating func isNew(address: String, reason: String, at now: Duration) -> Bool {
        noted = noted.filter { now - $0.value < Self.interval }
        let key = Key(address: address, reason: reason)
        guard noted[key] == nil, noted.count < Self.countMax else { return false }
        noted[key] = now
        return true
    }
}
