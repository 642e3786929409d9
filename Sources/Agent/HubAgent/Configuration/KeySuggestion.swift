/// The key that was probably meant by one that does not exist.
enum KeySuggestion {
    private static let distanceMax = 3

    /// ", did you mean …?" where a key is within three edits, begins like this, or has the same last word; else nothing.
    static func text(for path: String) -> String {
        let word = path.split(separator: ".").last
        let near = ConfigurationKey.all.map { (path: $0.path, distance: editDistance($0.path, path)) }
            .min { $0.distance < $1.distance }
        if let near, near.distance == 1 { return ", did you mean \(near.path)?" }
        if let longer = ConfigurationKey.all.first(where: { $0.path.hasPrefix(path) }) {
            return ", did you mean \(longer.path)?"
        }
        if let near, near.distance <= distanceMax { return ", did you mean \(near.path)?" }
        if let same = ConfigurationKey.all.first(where: { $0.path.split(separator: ".").last == word }) {
            return ", did you mean \(same.path)?"
        }
        return ""
    }

    /// Levenshtein; both sides are short: a key's path, and a line of a file of at most 1 MiB cut to 128 bytes.
    private static func editDistance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8.prefix(128))
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substitution = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
