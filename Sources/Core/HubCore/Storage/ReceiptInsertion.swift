/// What became of a receipt that was handed to the store.
package enum ReceiptInsertion: Sendable, Hashable {
    case stored
    /// A receipt of the same meaning is stored already.
    case duplicate
    /// The upstream answered this batch differently before; the first answer stands.
    case conflict
}
