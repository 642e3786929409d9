/// A way in which the device's serial line misbehaves on request; the raw value is its name on the command line.
package enum LineFault: String, Sendable, Hashable, CaseIterable {
    /// Log lines, a prompt and bytes of chance stand between the lines of an answer.
    case noise
    /// A bit of an answer turns on the way, which its checksum tells.
    case checksum
    /// An answer's last line breaks off in the middle.
    case cut
    /// The line is pulled out once this many bytes have been sent, and is back after half a second.
    case disconnect

    /// The number where none is given; nil: for ever.
    var numberDefault: Int? {
        switch self {
        case .disconnect: 10_000
        case .noise, .checksum, .cut: nil
        }
    }
}

/// A fault as the command line and the control channel name it: `NAME` or `NAME=N`.
package struct LineFaultOrder: Sendable, Hashable {
    package var fault: LineFault
    /// How many answers it strikes, nil for ever; for `disconnect`, after how many bytes.
    package var number: Int?

    package init(fault: LineFault, number: Int? = nil) {
        self.fault = fault
        self.number = number
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let fault = LineFault(rawValue: String(name)) else { return nil }
        guard parts.count == 2 else {
            self.init(fault: fault)
            return
        }
        guard let number = Int(parts[1]), number >= 0 else { return nil }
        self.init(fault: fault, number: number)
    }
}
