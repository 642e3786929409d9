/// What the store takes of the disk, as it was measured. In bytes.
package struct StorageUsage: Sendable, Hashable {
    /// Taken by what is stored, without room in the file that is free for new rows.
    package var usedLength: Int
    /// Room that the store could still get: free on the disk, or in its own file.
    package var availableLength: Int

    package init(usedLength: Int, availableLength: Int) {
        self.usedLength = usedLength
        self.availableLength = availableLength
    }
}
