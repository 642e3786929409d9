/// The keys of all top-level roles (specification §4.3).
struct RootMetadata: Sendable {
    static let role = "root"
    static let roles = ["root", "timestamp", "snapshot", "targets"]

    let envelope: MetadataEnvelope
    let isConsistentSnapshot: Bool
    let keys: [String: MetadataKey]
    private let roleKeys: [String: RoleKeys]

    init(_ bytes: [UInt8]) throws(MetadataFault) {
        envelope = try MetadataEnvelope(bytes, role: Self.role, type: Self.role)
        func malformed(_ reason: String) -> MetadataFault { .malformed(role: Self.role, reason: reason) }
        switch envelope.signed["consistent_snapshot"] {
        case nil: isConsistentSnapshot = false
        case .bool(let value)?: isConsistentSnapshot = value
        default: throw malformed("consistent_snapshot is no truth value")
        }
        guard let keys = KeyTable.read(envelope.signed["keys"], canonical: envelope.canonical) else {
            throw malformed("no keys")
        }
        self.keys = keys
        var roleKeys: [String: RoleKeys] = [:]
        for role in Self.roles {
            guard let value = envelope.signed["roles"]?[role], let found = RoleKeys(value) else {
                throw malformed("no keys, or keys twice, for \(role)")
            }
            roleKeys[role] = found
        }
        self.roleKeys = roleKeys
    }

    func verify(_ envelope: MetadataEnvelope, role: String) throws(MetadataFault) {
        guard let wanted = roleKeys[role] else { throw .roleUnlisted(role) }
        try wanted.verify(envelope, role: role, keys: keys)
    }

    /// Whether a key of the role is not one of it any more.
    func hasRotated(_ role: String, to next: RootMetadata) -> Bool {
        let remaining = Set(next.roleKeys[role]?.identifiers ?? [])
        return !(roleKeys[role]?.identifiers ?? []).allSatisfy { remaining.contains($0) }
    }
}
