/// What a role offers, and to whom it delegates (specification §4.6).
struct TargetsMetadata: Sendable {
    static let role = "targets"

    let envelope: MetadataEnvelope
    let delegations: Delegations?
    private let list: Range<Int>

    init(_ bytes: [UInt8], role: String) throws(MetadataFault) {
        envelope = try MetadataEnvelope(bytes, role: role, type: Self.role)
        guard case .unread(let list) = envelope.signed["targets"],
            envelope.canonical[list.lowerBound] == UInt8(ascii: "{")
        else { throw .malformed(role: role, reason: "no list of targets") }
        self.list = list
        if let value = envelope.signed["delegations"] {
            guard let found = Delegations(value, canonical: envelope.canonical) else {
                throw .malformed(role: role, reason: "delegations that cannot be read")
            }
            delegations = found
        } else {
            delegations = nil
        }
    }

    /// The file of this path; nil where the role does not offer it.
    func target(_ path: String, role: String) throws(MetadataFault) -> TargetFile? {
        var found: MetadataValue?
        var reader = CanonicalReader(envelope.canonical, at: list.lowerBound)
        reader.eachMember { reader, name in
            guard name.utf8.elementsEqual(path.utf8) else {
                reader.skip()
                return true
            }
            found = reader.value()
            return false
        }
        guard let found else { return nil }
        guard let target = TargetFile(path: path, found) else {
            throw .malformed(role: role, reason: "a target without length or hashes")
        }
        return target
    }
}
