/// Bounds on what one decoder reads, checked before anything is allocated.
package struct CBORLimits: Sendable, Hashable {
    /// How many arrays, maps and tags may enclose each other.
    package var depthMax: Int
    /// How many items the input may hold in total, keys and containers included.
    package var itemCountMax: Int
    /// The length in bytes that one byte or text string may have.
    package var stringLengthMax: Int

    package init(depthMax: Int = 16, itemCountMax: Int = 1 << 20, stringLengthMax: Int = 1 << 20) {
        self.depthMax = depthMax
        self.itemCountMax = itemCountMax
        self.stringLengthMax = stringLengthMax
    }
}
