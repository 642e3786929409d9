/// What a timestamp or a snapshot lists: versions of other metadata (specification §4.4, §4.5).
struct ListedVersions: Sendable {
    struct Entry: Sendable {
        let version: Int64
        let facts: FileFacts
    }

    let envelope: MetadataEnvelope
    /// By the role's name, without `.json`.
    let entries: [String: Entry]

    /// - Parameter required: The role that has to be listed.
    init(_ bytes: [UInt8], role: String, required: String) throws(MetadataFault) {
        envelope = try MetadataEnvelope(bytes, role: role, type: role)
        guard let members = envelope.signed["meta"]?.objectValue else {
            throw .malformed(role: role, reason: "no list")
        }
        var entries: [String: Entry] = [:]
        entries.reserveCapacity(members.count)
        for member in members {
            guard member.name.hasSuffix(".json"), let version = member.value["version"]?.integerValue, version >= 1,
                let facts = FileFacts(member.value)
            else { throw .malformed(role: role, reason: "an entry without name, version, or with wrong facts") }
            entries[String(member.name.dropLast(5))] = Entry(version: version, facts: facts)
        }
        guard entries[required] != nil else { throw .malformed(role: role, reason: "\(required) is not listed") }
        self.entries = entries
    }
}
