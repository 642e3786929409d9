/// How a transfer ended. Whatever it is, the bytes that moved have moved.
package enum USBTransferStatus: Sendable, Hashable {
    /// Done; a read may be short.
    case completed
    /// The time was over; some bytes may have moved.
    case timedOut
    /// This side cancelled it.
    case cancelled
    /// The device halted the endpoint.
    case stalled
    /// The device sent more than there was room for.
    case overflowed
    /// The device was unplugged, or the host controller cannot reach it: which of the two is told depends on what the
    /// kernel noticed first.
    case gone
}
