import CORProtocol
package import JSONCoding

/// What `corhub config show` and `config check` tell of a configuration. Values about a person are never among it.
package struct ConfigurationReport: Sendable {
    private let reading: ConfigurationReading

    package init(_ reading: ConfigurationReading) {
        self.reading = reading
    }

    package var isSound: Bool { reading.faults.isEmpty }

    package var faults: [ConfigurationFault] { reading.faults }

    /// Each dangerous setting on a line, as compilers write a warning.
    package var dangers: [String] {
        reading.loaded.dangers.map { key, origin in
            "\(origin.map { "\($0): " } ?? "")dangerous: \(key.path): \(key.danger ?? "")"
        }
    }

    /// As a file would be: `key = value`, with where it comes from as a comment.
    package var lines: [String] {
        let shown = ConfigurationKey.all.compactMap { key -> (String, String)? in
            guard let value = value(of: key) else { return nil }
            return ("\(key.path) = \(value)", origin(of: key))
        }
        let width = min(60, shown.map(\.0.count).max() ?? 0)
        return shown.map { text, origin in
            text + String(repeating: " ", count: max(0, width - text.count)) + "  # \(origin)"
        }
    }

    package var showJSON: JSONValue {
        [
            "schema": "corhub/config/1", "files": .array(reading.loaded.files.map(JSONValue.string)),
            "hash": .string(reading.loaded.hash.hex),
            "keys": .array(
                ConfigurationKey.all.map { key in
                    [
                        "path": .string(key.path), "value": value(of: key).map(JSONValue.string) ?? .null,
                        "origin": .string(origin(of: key)),
                        "is_default": .bool(reading.origins[key.path] == nil),
                    ]
                }),
        ]
    }

    package var checkJSON: JSONValue {
        [
            "schema": "corhub/config-check/1", "files": .array(reading.loaded.files.map(JSONValue.string)),
            "sound": .bool(isSound),
            "faults": .array(
                reading.faults.map {
                    [
                        "file": .string($0.file), "line": $0.line.map { .integer(Int64($0)) } ?? .null,
                        "reason": .string($0.reason),
                    ]
                }),
            "dangers": .array(
                reading.loaded.dangers.map { key, origin in
                    [
                        "path": .string(key.path), "file": origin.map { .string($0.file) } ?? .null,
                        "line": origin.map { .integer(Int64($0.line)) } ?? .null,
                        "danger": .string(key.danger ?? ""),
                    ]
                }),
        ]
    }

    private func value(of key: ConfigurationKey) -> String? {
        guard let value = key.written(reading.configuration) else { return nil }
        return key.isPersonal ? "\"(set, not shown)\"" : value
    }

    private func origin(of key: ConfigurationKey) -> String {
        reading.origins[key.path]?.description ?? "default"
    }
}
