import CORProtocol
import Glibc
import HubCore

/// Reads the configuration file. An invalid one stops the start: file:line and the reason, never a guess.
package enum ConfigurationLoader {
    package static func load(file: String) throws(ConfigurationFault) -> LoadedConfiguration {
        let text = try contents(of: file)
        return LoadedConfiguration(configuration: try configuration(from: text, file: file), hash: .of(text))
    }

    package static func configuration(from text: [UInt8], file: String) throws(ConfigurationFault) -> HubConfiguration {
        let document = try TOMLDocument(parsing: text, file: file)
        var configuration = HubConfiguration()
        for leaf in document.leaves where leaf.value != .emptyTable {
            let path = leaf.path.prefix { $0 != "[" }
            guard let key = ConfigurationKey.all.first(where: { $0.path == path }) else {
                throw ConfigurationFault(
                    file: file, line: leaf.line, reason: "unknown key \(path)\(suggestion(for: String(path)))")
            }
            guard key.isList || leaf.path == path else {
                throw ConfigurationFault(file: file, line: leaf.line, reason: "\(path): one \(key.form) is wanted")
            }
            if let reason = key.set(leaf.value, &configuration) {
                throw ConfigurationFault(file: file, line: leaf.line, reason: "\(path): \(reason)")
            }
        }
        guard configuration.forwarding.backoff.shortest <= configuration.forwarding.backoff.longest else {
            throw ConfigurationFault(
                file: file, line: nil, reason: "forwarding.retry_shortest is longer than forwarding.retry_longest")
        }
        return configuration
    }

    private static func contents(of file: String) throws(ConfigurationFault) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ConfigurationFault(file: file, line: nil, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= TOMLDocument.lengthMax {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                throw ConfigurationFault(file: file, line: nil, reason: String(cString: strerror(errno)))
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// ", did you mean …?" where a key is within three edits, begins like this, or has the same last word.
    private static func suggestion(for path: String) -> String {
        let word = path.split(separator: ".").last
        let near = ConfigurationKey.all.map { (key: $0.path, distance: editDistance($0.path, path)) }
            .min { $0.distance < $1.distance }
        if let near, near.distance <= 3 { return ", did you mean \(near.key)?" }
        if let longer = ConfigurationKey.all.first(where: { $0.path.hasPrefix(path) }) {
            return ", did you mean \(longer.path)?"
        }
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
