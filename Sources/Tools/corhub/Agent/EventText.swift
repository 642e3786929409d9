import JSONCoding

/// One event of `corhub monitor` on a line for people.
enum EventText {
    /// Characters of a line; more is for `--json`.
    private static let lengthMax = 160

    static func line(_ event: JSONValue, at time: String) -> String {
        var parts = [time, event.text("event")]
        if let device = event["device"]?.stringValue { parts.append(device) }
        let told: Set = ["event", "device"]
        for member in event.objectValue ?? [] where !told.contains(member.name) {
            if let text = scalar(member.value) {
                parts.append("\(member.name)=\(text)")
            } else {
                // Of what has parts of its own, those that are no lists and no tables.
                for inner in member.value.objectValue ?? [] {
                    if let text = scalar(inner.value) { parts.append("\(inner.name)=\(text)") }
                }
            }
        }
        return String(parts.joined(separator: "  ").printable.prefix(lengthMax))
    }

    private static func scalar(_ value: JSONValue) -> String? {
        if let text = value.stringValue { return text }
        guard value.objectValue == nil, value.arrayValue == nil, value != .null else { return nil }
        return value.serialized()
    }
}
