import TextEncodings

/// Names of files in a repository and in the store.
package enum RepositoryPath {
    /// Bytes of a name in the store; what file systems take.
    private static let storeNameLengthMax = 240

    /// `[version.]role.json`, the role with everything escaped that could be more than a name (RFC 3986 §2.1).
    static func metadata(_ role: String, version: Int64?) -> String {
        (version.map { "\($0)." } ?? "") + PercentEncoding.encode(role) + ".json"
    }

    /// The name under which metadata are stored: not versioned, and no path whatever the role is called. nil for a role whose name is
    /// too long for that.
    static func stored(_ role: String) -> String? {
        let name = metadata(role, version: nil)
        return name.utf8.count <= storeNameLengthMax ? name : nil
    }

    /// Where a target is, below the targets' base.
    static func target(_ target: TargetFile, isConsistentSnapshot: Bool) -> String {
        var parts = target.path.split(separator: "/", omittingEmptySubsequences: false).map {
            PercentEncoding.encode(String($0))
        }
        if isConsistentSnapshot, let hash = target.facts.namingHash, let name = parts.popLast() {
            parts.append("\(hash).\(name)")
        }
        return parts.joined(separator: "/")
    }
}
