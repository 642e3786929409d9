/// The faults that are on, and how much of each is left.
package struct DeviceFaults: Sendable, Hashable {
    /// A count that is left, nil for ever; or the fault's quantity.
    private var active: [DeviceFault: Int?] = [:]

    package init() {}

    /// Turns the fault on with its number, or with the default where there is none. A count of 0 turns it off.
    package mutating func set(_ fault: DeviceFault, to number: Int? = nil) {
        switch fault.argument {
        case .count where number.map({ $0 <= 0 }) ?? false:
            active[fault] = nil
        case .count:
            active[fault] = .some(number)
        case .quantity(let quantity):
            active[fault] = .some(number ?? quantity)
        }
    }

    package mutating func clear(_ fault: DeviceFault) {
        active[fault] = nil
    }

    package mutating func clearAll() {
        active = [:]
    }

    package func isOn(_ fault: DeviceFault) -> Bool {
        active[fault] != nil
    }

    /// Whether a counted fault strikes now; each time uses one up.
    package mutating func strikes(_ fault: DeviceFault) -> Bool {
        guard let left = active[fault] else { return false }
        guard let left else { return true }
        active[fault] = left > 1 ? .some(left - 1) : nil
        return true
    }

    /// The quantity of a fault that is on.
    package func quantity(of fault: DeviceFault) -> Int? {
        active[fault] ?? nil
    }
}

/// A fault as the command line and the control channel name it: `NAME` or `NAME=N`.
package struct FaultOrder: Sendable, Hashable {
    package var fault: DeviceFault
    package var number: Int?

    package init(fault: DeviceFault, number: Int? = nil) {
        self.fault = fault
        self.number = number
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let fault = DeviceFault(rawValue: String(name)) else { return nil }
        if parts.count == 2 {
            guard let number = Int(parts[1]), number >= 0 else { return nil }
            self.init(fault: fault, number: number)
        } else {
            self.init(fault: fault)
        }
    }
}
