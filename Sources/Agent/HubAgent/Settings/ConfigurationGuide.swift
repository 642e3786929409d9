package import JSONCoding

/// The documentation of the configuration, in the forms in which it is handed out. All are made of `ConfigurationKey.all`.
package enum ConfigurationGuide {
    package static let schema = "corhub/config-docs/1"

    package static var json: JSONValue {
        [
            "schema": .string(schema), "version": .string(CorhubVersion.text),
            "sections": .array(
                ConfigurationKey.sections.map { ["name": .string($0.name), "meaning": .string($0.meaning)] }),
            "keys": .array(ConfigurationKey.all.map(\.json)),
        ]
    }

    /// The example file: every key, those without effect as comments.
    package static var toml: [String] {
        var lines = [
            "# corhub: the agent of a home hub for COR One. Made by `corhub config docs --format toml`; every value here is the",
            "# default. Files corhub.d/*.toml beside this one go before it, in the order of their names.",
            "# `corhub config check` says file and line of what is wrong, `corhub config show` where each value comes from.",
        ]
        for (section, keys) in bySection {
            lines += ["", "# \(section.meaning)", "[\(section.name)]"]
            for (index, key) in keys.enumerated() {
                if index > 0 { lines.append("") }
                lines += wrapped(key.meaning, prefix: "# ")
                if let danger = key.danger { lines += wrapped("Dangerous: \(danger).", prefix: "# ") }
                lines.append("# \(facts(key).joined(separator: "; ")).")
                lines.append("# \(key.name) = \(key.defaultText ?? key.example)")
            }
        }
        return lines
    }

    /// docs/configuration.md
    package static var markdown: [String] {
        var lines = [
            "# Configuration",
            "",
            "Made by `corhub config docs --format markdown`; do not edit.",
            "",
            "TOML: /etc/corhub/corhub.toml, and then the drop-ins /etc/corhub/corhub.d/*.toml in the order of their names. A later",
            "file goes before an earlier one, key by key; a list replaces a list. Without any of it the defaults hold.",
            "",
            "`corhub config check` says what is wrong with file and line, and which settings are dangerous. An invalid",
            "configuration stops the start (exit code 64). `corhub config show` says each value and where it comes from.",
            "",
            "A duration is a number with ms, s, m, h or d: \"30s\". A size is a number with kB, MB or GB (powers of ten), or KiB,",
            "MiB or GiB (powers of two): \"64MiB\".",
            "",
            "SIGHUP (`systemctl reload corhub`) has the files read again. The column *reload* says when a changed value is used;",
            "what needs a restart is named in the log, and in `corhub status` until then. A broken file changes nothing: the",
            "agent goes on with what it had, and says so in both places.",
            "",
            "The configuration holds no secrets. Keys are files of the hub's identity, or credentials of the service manager.",
        ]
        for (section, keys) in bySection {
            lines += [
                "", "## \(section.name)", "", section.meaning, "",
                "| key | form | default | reload | since | |", "|---|---|---|---|---|---|",
            ]
            for key in keys {
                let form = key.form.range.map { "\(key.form.name), \($0)" } ?? key.form.name
                let danger = key.danger.map { " **Dangerous**: \($0)." } ?? ""
                let byDefault = key.defaultText.map { "`\($0)`" } ?? "none; for example `\(key.example)`"
                lines.append(
                    "| `\(key.path)` | \(form) | \(byDefault) | \(key.reload.rawValue) | \(key.since) | "
                        + "\(key.meaning)\(danger) |")
            }
        }
        return lines
    }

    /// For a terminal.
    package static var text: [String] {
        var lines: [String] = []
        for (section, keys) in bySection {
            lines += ["[\(section.name)]  \(section.meaning)", ""]
            for key in keys {
                lines.append("  \(key.path) = \(key.defaultText ?? key.example)")
                lines += wrapped(key.meaning, prefix: "      ")
                if let danger = key.danger { lines += wrapped("Dangerous: \(danger).", prefix: "      ") }
                lines += ["      \(facts(key).joined(separator: "; ")).", ""]
            }
        }
        return lines
    }

    private static var bySection: [(section: (name: String, meaning: String), keys: [ConfigurationKey])] {
        ConfigurationKey.sections.map { section in
            (section, ConfigurationKey.all.filter { $0.section == section.name })
        }
    }

    private static func facts(_ key: ConfigurationKey) -> [String] {
        [
            key.form.range.map { "\(key.form.name), \($0)" } ?? key.form.name,
            key.defaultText == nil ? "no default" : nil, "reload: \(key.reload.rawValue)", "since \(key.since)",
        ].compactMap(\.self)
    }

    private static let columnMax = 116

    private static func wrapped(_ text: String, prefix: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, prefix.count + line.count + 1 + word.count > columnMax {
                lines.append(prefix + line)
                line = ""
            }
            line += line.isEmpty ? word : " \(word)"
        }
        return lines + [prefix + line]
    }
}

extension ConfigurationKey {
    fileprivate var json: JSONValue {
        [
            "path": .string(path), "form": .string(form.name), "range": form.range.map(JSONValue.string) ?? .null,
            "default": defaultText.map(JSONValue.string) ?? .null, "example": .string(example),
            "reload": .string(reload.rawValue), "since": .string(since),
            "danger": danger.map(JSONValue.string) ?? .null, "personal": .bool(isPersonal),
            "meaning": .string(meaning),
        ]
    }
}
