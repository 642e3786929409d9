/// The faults of the serial line that are on, and how much of each is left.
package struct LineFaults: Sendable, Hashable {
    private var active: [LineFault: Int?] = [:]

    package init() {}

    /// A number of 0 turns the fault off.
    package mutating func set(_ order: LineFaultOrder) {
        let number = order.number ?? order.fault.numberDefault
        active[order.fault] = number == 0 ? nil : .some(number)
    }

    package mutating func clear() {
        active = [:]
    }

    /// What goes out for the lines of one answer; uses up what strikes.
    package mutating func spoil(_ lines: [[UInt8]]) -> [UInt8] {
        var lines = lines
        if strikes(.checksum), let last = lines.indices.last {
            // The first digit of the last line carries the high bits of a byte: Base64 stays sound, the sum does not.
            lines[last][2] = lines[last][2] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        }
        if strikes(.cut), let last = lines.indices.last {
            lines[last].removeLast(lines[last].count / 2)
        }
        guard strikes(.noise) else { return lines.flatMap { $0 } }
        return lines.flatMap { Self.noise + $0 } + Self.noise
    }

    /// How many of the bytes that are to be sent still go, when the line is pulled out among them; nil otherwise.
    package mutating func disconnect(within count: Int) -> Int? {
        guard let left = active[.disconnect] ?? nil else { return nil }
        guard left <= count else {
            active[.disconnect] = .some(left - count)
            return nil
        }
        active[.disconnect] = nil
        return left
    }

    private static let noise = Array("[00:00:01.337] <inf> corone: sample\r\nuart:~$ ".utf8) + [0xFF, 0x00, 0x06, 0x04]

    private mutating func strikes(_ fault: LineFault) -> Bool {
        guard let left = active[fault] else { return false }
        guard let left else { return true }
        active[fault] = left > 1 ? .some(left - 1) : nil
        return true
    }
}
