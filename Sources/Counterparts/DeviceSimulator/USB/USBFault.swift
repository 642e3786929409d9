/// A way in which the device's USB side misbehaves on request; the raw value is its name on the command line.
package enum USBFault: String, Sendable, Hashable, CaseIterable {
    /// The endpoint to the hub stalls instead of an answer.
    case stall
    /// The endpoint from the hub stalls at a request.
    case stallOut = "stall-out"
    /// No more requests are taken until the halt is cleared: the hub's write times out.
    case hold
    /// Answers come in short transfers of at most this many bytes.
    case short
    /// An answer ends after half of its bytes.
    case cut
    /// An answer is longer than the hub has room for.
    case babble
    /// The device is gone once this many more bytes have passed, either way.
    case disconnect
    /// An event is not sent.
    case lostEvent = "lost-event"
    /// No packet of zero bytes follows a full one.
    case noZeroPacket = "no-zero-packet"

    /// From the next time that it is plugged in on: it has a keyboard besides.
    case keyboard
    /// From the next time that it is plugged in on: it has a disk besides.
    case disk
    /// From the next time that it is plugged in on: it announces an endpoint that it does not have.
    case wrongDescriptor = "wrong-descriptor"
    /// From the next time that it is plugged in on: other endpoint numbers, in another order.
    case otherEndpoints = "other-endpoints"

    /// The number where none is given; nil: for ever.
    var numberDefault: Int? {
        switch self {
        case .short: 100
        case .disconnect: 10_000
        default: nil
        }
    }
}

/// A fault as the command line and the control channel name it: `NAME` or `NAME=N`.
package struct USBFaultOrder: Sendable, Hashable {
    package var fault: USBFault
    package var number: Int?

    package init(fault: USBFault, number: Int? = nil) {
        self.fault = fault
        self.number = number
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let fault = USBFault(rawValue: String(name)) else { return nil }
        guard parts.count == 2 else {
            self.init(fault: fault)
            return
        }
        guard let number = Int(parts[1]), number >= 0 else { return nil }
        self.init(fault: fault, number: number)
    }
}
