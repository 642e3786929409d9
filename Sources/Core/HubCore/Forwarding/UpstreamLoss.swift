package import CORProtocol

/// What the upstream had given receipts for and does not have any more, since it was itself restored.
package enum UpstreamLoss: Sendable, Hashable {
    /// This batch, and what followed it in its epoch.
    case from(BatchPosition)
    /// An unknown part of what was sent before this epoch.
    case before(Epoch)
    /// A whole epoch, and an unknown part of what was sent before it.
    case everything
}
