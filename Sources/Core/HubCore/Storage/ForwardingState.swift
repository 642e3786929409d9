package import CORProtocol

/// How far an item is on its way upstream.
package enum ForwardingState: Sendable, Hashable {
    /// In no batch yet.
    case pending
    /// Found damaged on the hub, erased or overwritten: it goes nowhere, and a gap names it.
    case setAside
    /// In a batch that has no receipt.
    case cut(BatchPosition)
    /// In a batch that has a receipt of this status.
    case answered(BatchPosition, ReceiptStatus)
}
