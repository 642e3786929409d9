package import CORProtocol

/// What became of a record that was handed to the store.
package enum RecordInsertion: Sendable, Hashable {
    case stored
    /// The record with this id is stored already, perhaps under another signature of the same payload.
    case duplicate
    /// The device gave another record under the same sequence before; nothing was stored.
    case conflict(existing: SHA256Hash)
}
