/// The keys of one map, to find one that comes twice. Most maps have few, which are compared faster than hashed.
struct CBORSeenKeys<Key: Hashable> {
    private static var fewCountMax: Int { 16 }

    private var few: [Key] = []
    private var many: Set<Key> = []

    /// - Returns: whether it is new.
    mutating func insert(_ key: Key) -> Bool {
        guard many.isEmpty else { return many.insert(key).inserted }
        guard !few.contains(key) else { return false }
        few.append(key)
        if few.count > Self.fewCountMax {
            many = Set(few)
            few = []
        }
        return true
    }
}
