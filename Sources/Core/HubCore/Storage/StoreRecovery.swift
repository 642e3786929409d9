/// What became of a store that was found damaged: set aside as it was, and what could be read of it put into a new one.
package struct StoreRecovery: Sendable, Hashable {
    /// What was found first.
    package var damage: StoreDamage
    /// Where the damaged files are; they are never deleted.
    package var folder: String
    /// Rows whose hashes held.
    package var keptCount = 0
    /// Rows that were known of and are not in the new store.
    package var lostCount = 0
    /// Rows that are kept without their bytes.
    package var withoutBytesCount = 0
    /// Device sequences that are named as lost, in ranges.
    package var gapCount = 0
    /// Keys around places that cannot be read which nobody looked at, since that would have taken too long. What is there stays
    /// in `folder`.
    package var skippedCount = 0

    package init(damage: StoreDamage, folder: String) {
        self.damage = damage
        self.folder = folder
    }
}
