import HubCore

/// Reads a configuration from the texts of its files, each of which goes before the ones before it.
///
/// It goes on behind a fault, so that one look tells all of them; whoever starts the agent takes none.
package struct ConfigurationReading: Sendable {
    package struct Text: Sendable {
        package var file: String
        package var bytes: [UInt8]

        package init(file: String, bytes: [UInt8]) {
            self.file = file
            self.bytes = bytes
        }
    }

    package private(set) var configuration = HubConfiguration()
    package private(set) var origins: [String: LoadedConfiguration.Origin] = [:]
    package private(set) var faults: [ConfigurationFault] = []
    private let files: [String]

    /// Faults that are told; more are no news.
    private static let faultCountMax = 50

    package init(_ texts: [Text]) {
        files = texts.map(\.file)
        for text in texts { read(text) }
        judgeTogether()
    }

    package var loaded: LoadedConfiguration {
        LoadedConfiguration(configuration: configuration, origins: origins, files: files)
    }

    private mutating func read(_ text: Text) {
        let document: TOMLDocument
        do throws(ConfigurationFault) {
            document = try TOMLDocument(parsing: text.bytes, file: text.file)
        } catch {
            note(error)
            return
        }
        var seen: Set<String> = []
        let faultCount = faults.count
        for leaf in document.leaves where leaf.value != .emptyTable {
            let path = String(leaf.path.prefix { $0 != "[" })
            guard let key = ConfigurationKey.named(path) else {
                let reason = "unknown key \(path)\(KeySuggestion.text(for: path))"
                note(ConfigurationFault(file: text.file, line: leaf.line, reason: reason))
                continue
            }
            guard key.isList || leaf.path == path else {
                note(
                    ConfigurationFault(
                        file: text.file, line: leaf.line, reason: "\(path): one \(key.form.name) is wanted"))
                continue
            }
            // A list that a later file names is another list, not a longer one.
            if seen.insert(path).inserted { key.copy(HubConfiguration(), &configuration) }
            if let reason = key.set(leaf.value, &configuration) {
                note(ConfigurationFault(file: text.file, line: leaf.line, reason: "\(path): \(reason)"))
                continue
            }
            origins[path] = LoadedConfiguration.Origin(file: text.file, line: leaf.line)
        }
        // Leaves come by name; a person reads from above.
        faults[faultCount...].sort { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    /// What no value tells on its own.
    private mutating func judgeTogether() {
        let backoff = configuration.forwarding.backoff
        if backoff.shortest > backoff.longest {
            note(
                "forwarding.retry_shortest is longer than forwarding.retry_longest",
                at: ["forwarding.retry_shortest", "forwarding.retry_longest"])
        }
        if (configuration.firmwareRepository == nil) != (configuration.firmwareRoot == nil) {
            note("firmware.repository and firmware.root belong together", at: ["firmware.repository", "firmware.root"])
        }
    }

    private mutating func note(_ reason: String, at paths: [String]) {
        let origin = paths.compactMap { origins[$0] }.first
        note(ConfigurationFault(file: origin?.file ?? files.first ?? "", line: origin?.line, reason: reason))
    }

    private mutating func note(_ fault: ConfigurationFault) {
        guard faults.count < Self.faultCountMax else { return }
        faults.append(fault)
    }
}
