/// The faults of USB that are on, and how much of each is left.
package struct USBFaults: Sendable, Hashable {
    private var active: [USBFault: Int?] = [:]

    package init() {}

    /// A number of 0 turns the fault off.
    package mutating func set(_ order: USBFaultOrder) {
        let number = order.number ?? order.fault.numberDefault
        active[order.fault] = number == 0 ? nil : .some(number)
    }

    package func isOn(_ fault: USBFault) -> Bool {
        active[fault] != nil
    }

    /// The number of a fault that has one.
    package func number(of fault: USBFault) -> Int? {
        active[fault] ?? nil
    }

    /// Whether a counted fault strikes now; each time uses one up.
    package mutating func strikes(_ fault: USBFault) -> Bool {
        guard let left = active[fault] else { return false }
        guard let left else { return true }
        active[fault] = left > 1 ? .some(left - 1) : nil
        return true
    }

    /// Counts bytes that pass; true when the connection ends with them.
    package mutating func disconnects(after count: Int) -> Bool {
        guard let left = number(of: .disconnect) else { return false }
        active[.disconnect] = left > count ? .some(left - count) : nil
        return left <= count
    }
}
