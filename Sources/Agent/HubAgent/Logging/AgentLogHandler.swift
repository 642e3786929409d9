package import Logging

/// Writes what the agent logs: to the journal with fields where it is there, as lines on standard error else.
///
/// Nothing that is logged is about a person: readings, subjects and tokens have no way into a message.
package struct AgentLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    private let settings: LogSettings
    private let journal: JournalSocket?
    private var lines: StreamLogHandler

    /// - Parameter journal: nil where lines on standard error are wanted.
    package init(label: String, settings: LogSettings, journal: JournalSocket?) {
        self.settings = settings
        self.journal = journal
        lines = StreamLogHandler.standardError(label: label)
        lines.logLevel = .trace
    }

    /// The agent's; setting it here does nothing.
    package var logLevel: Logger.Level {
        get { settings.level }
        set { _ = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.map { (name: $0.key, value: "\($0.value)") }
            .sorted { $0.name < $1.name }
        if let journal {
            let text = fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            let entry = JournalEntry(
                priority: event.level.priority, identifier: "corhub",
                message: fields.isEmpty ? "\(event.message)" : "\(event.message): \(text)", metadata: fields)
            // Where journald takes it not, nothing is lost: the line goes where lines go.
            if journal.send(entry.bytes) { return }
        }
        lines.log(event: event)
    }
}

extension Logger.Level {
    /// syslog(3)
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
