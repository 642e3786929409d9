/// Who may sign for a role, and how many of them must.
struct RoleKeys: Sendable {
    /// Each costs a verification over the whole of what is signed.
    static let keyCountMax = 256

    /// Distinct ids of keys.
    let identifiers: [String]
    let threshold: Int

    /// nil where ids are repeated or too many, or the threshold is below 1.
    init?(_ value: MetadataValue) {
        guard let identifiers = value["keyids"]?.stringsValue, identifiers.count <= Self.keyCountMax,
            Set(identifiers).count == identifiers.count,
            let threshold = value["threshold"]?.integerValue, threshold >= 1, threshold <= Int64(Int32.max)
        else { return nil }
        self.identifiers = identifiers
        self.threshold = Int(threshold)
    }

    /// Whether keys of the role have signed: as many *distinct* ones as its threshold, by their id and by themselves.
    ///
    /// A wrong signature beside enough right ones does no harm: nobody but the role's keys can make those.
    func verify(_ envelope: MetadataEnvelope, role: String, keys: [String: MetadataKey]) throws(MetadataFault) {
        var seen: Set<[UInt8]> = []
        let message = envelope.signedBytes
        for identifier in identifiers {
            guard seen.count < threshold else { break }
            guard let key = keys[identifier], !seen.contains(key.identity),
                let signature = envelope.signatures[identifier], key.hasSigned(message, signature)
            else { continue }
            seen.insert(key.identity)
        }
        guard seen.count >= threshold else {
            throw .unsigned(role: role, valid: seen.count, threshold: threshold)
        }
    }
}
