/// What becomes of a configuration that was read again while the agent runs.
///
/// A pure rule over the table of keys: values whose key says so are taken, the others are kept as they are in force and
/// named, so that somebody restarts the agent.
package struct ConfigurationReload: Sendable, Equatable {
    /// What is in force from now on.
    package let configuration: HubConfiguration
    /// Paths of the keys whose values are taken.
    package let taken: [String]
    /// Paths of the keys that want a restart.
    package let waiting: [String]

    package init(of written: HubConfiguration, over inForce: HubConfiguration) {
        var configuration = inForce
        var taken: [String] = []
        var waiting: [String] = []
        for key in ConfigurationKey.all where key.written(written) != key.written(inForce) {
            switch key.reload {
            case .atOnce, .nextSession:
                key.copy(written, &configuration)
                taken.append(key.path)
            case .restart: waiting.append(key.path)
            }
        }
        self.configuration = configuration
        self.taken = taken
        self.waiting = waiting
    }

    /// One line for the log and for people.
    package var description: String {
        guard !taken.isEmpty || !waiting.isEmpty else { return "the configuration was read again: nothing has changed" }
        var parts: [String] = []
        if !taken.isEmpty { parts.append("now in force: \(taken.joined(separator: ", "))") }
        if !waiting.isEmpty { parts.append("needs a restart: \(waiting.joined(separator: ", "))") }
        return "the configuration was read again; " + parts.joined(separator: "; ")
    }
}
