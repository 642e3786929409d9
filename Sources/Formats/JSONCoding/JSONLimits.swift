/// Bounds on what is read as one JSON text.
package struct JSONLimits: Sendable, Hashable {
    /// The length of the input in bytes.
    package var lengthMax: Int
    /// How many arrays and objects may enclose each other.
    package var depthMax: Int
    /// How many values the input may hold in total, containers included.
    package var itemCountMax: Int

    package init(lengthMax: Int = 1 << 24, depthMax: Int = 64, itemCountMax: Int = 1 << 20) {
        self.lengthMax = lengthMax
        self.depthMax = depthMax
        self.itemCountMax = itemCountMax
    }
}
