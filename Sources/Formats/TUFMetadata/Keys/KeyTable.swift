/// The keys that a root or a delegation brings, by their ids.
enum KeyTable {
    /// Keys whose id is not their own hash, and kinds that are not known, are left out: what they sign does not count.
    static func read(_ value: MetadataValue?, canonical: [UInt8]) -> [String: MetadataKey]? {
        guard let members = value?.objectValue else { return nil }
        var keys: [String: MetadataKey] = [:]
        for member in members {
            guard MetadataKey.identifier(ofCanonical: canonical[member.range]) == member.name,
                let key = MetadataKey(member.value)
            else { continue }
            keys[member.name] = key
        }
        return keys
    }
}
