/// Names of files in a repository and in the store.
package enum RepositoryPath {
    /// Bytes of a name in the store; what file systems take.
    private static let storeNameLengthMax = 240

    /// `[version.]role.json`, the role with everything escaped that could be more than a name (RFC 3986 §2.1).
    static func metadata(_ role: String, version: Int64?) -> String {
        (version.map { "\($0)." } ?? "") + escaped(role) + ".json"
    }

    /// The name under which metadata are stored: not versioned, and no path whatever the role is called. nil for a role whose name is
    /// too long for that.
    static func stored(_ role: String) -> String? {
        let name = metadata(role, version: nil)
        return name.utf8.count <= storeNameLengthMax ? name : nil
    }

    /// Where a target is, below the targets' base.
    static func target(_ target: TargetFile, isConsistentSnapshot: Bool) -> String {
        var parts = target.path.split(separator: "/", omittingEmptySubsequences: false).map { escaped(String($0)) }
        if isConsistentSnapshot, let hash = target.facts.namingHash, let name = parts.popLast() {
            parts.append("\(hash).\(name)")
        }
        return parts.joined(separator: "/")
    }

    /// Everything but RFC 3986's unreserved characters as %XX.
    package static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
