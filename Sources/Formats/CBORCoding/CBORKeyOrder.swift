#if DEBUG
/// Watches what an encoder writes and asserts that each map's keys ascend bytewise (RFC 8949 §4.2.1).
struct CBORKeyOrder: Sendable {
    private struct Container {
        let isMap: Bool
        var remainingItemCount: Int
        var keyOffset: Int?
        var previousKey: [UInt8]?
    }

    private var openContainers: [Container] = []

    /// An item, or the tag before it, is about to be written at `offset`.
    mutating func itemStarted(at offset: Int) {
        guard let container = openContainers.last, container.isMap, container.remainingItemCount.isMultiple(of: 2),
            container.keyOffset == nil
        else { return }
        openContainers[openContainers.count - 1].keyOffset = offset
    }

    mutating func containerOpened(isMap: Bool, itemCount: Int) {
        openContainers.append(Container(isMap: isMap, remainingItemCount: itemCount))
    }

    /// An item is complete, and with it every container whose last item it was.
    mutating func itemEnded(in bytes: [UInt8]) {
        while var container = openContainers.popLast() {
            container.remainingItemCount -= 1
            if let offset = container.keyOffset {
                let key = Array(bytes[offset...])
                assert(
                    container.previousKey?.lexicographicallyPrecedes(key) ?? true,
                    "map keys are not written in ascending order")
                container.previousKey = key
                container.keyOffset = nil
            }
            guard container.remainingItemCount == 0 else { return openContainers.append(container) }
        }
    }
}
#endif
