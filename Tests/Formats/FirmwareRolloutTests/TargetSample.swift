import TUFMetadata

/// A target as a repository offers it.
enum TargetSample {
    struct Unreadable: Error {}

    static func target(_ path: String, custom: String) throws -> TargetFile {
        let hash = String(repeating: "ab", count: 32)
        let text = #"{"length":9,"hashes":{"sha256":"\#(hash)"},"custom":\#(custom)}"#
        guard let target = try TargetFile(path: path, json: Array(text.utf8)) else { throw Unreadable() }
        return target
    }
}
