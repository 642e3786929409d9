package import CORProtocol

/// A configuration, and where each of its values comes from.
package struct LoadedConfiguration: Sendable, Equatable {
    /// Where a value was set.
    package struct Origin: Sendable, Equatable, CustomStringConvertible {
        package var file: String
        /// From 1.
        package var line: Int

        package var description: String { "\(file):\(line)" }
    }

    package var configuration: HubConfiguration
    /// By the path of the key; keys that no file sets are not here.
    package var origins: [String: Origin]
    /// What was read, in this order.
    package var files: [String]

    /// SHA-256 over the values in force, each key with one on a line of its own as `corhub config show` writes it. Comments,
    /// order and files make no difference.
    package var hash: SHA256Hash { configuration.hash }

    /// What is dangerous in it: the keys that differ from their default and say that they are.
    package var dangers: [(key: ConfigurationKey, origin: Origin?)] {
        let byDefault = HubConfiguration()
        return ConfigurationKey.all
            .filter { $0.danger != nil && $0.written(configuration) != $0.written(byDefault) }
            .map { ($0, origins[$0.path]) }
    }
}

extension HubConfiguration {
    package var hash: SHA256Hash {
        // firmware-specs/cddl/batch.cddl: hash of the configuration in force
        let lines = ConfigurationKey.all.compactMap { key in key.written(self).map { "\(key.path) = \($0)\n" } }
        return .of(Array(lines.joined().utf8))
    }
}
