import JSONCoding

/// Takes out of texts what names a person or a device. The same value becomes the same word everywhere, so that what belongs
/// together can still be told.
struct Redaction: Sendable {
    /// Members whose values name somebody or something, and what stands in their place.
    private static let kinds: [String: String] = [
        "device": "device", "serial": "device", "subject": "subject", "subjects": "subject", "name": "name",
        "cartridge": "cartridge", "run": "cartridge", "record_id": "reading", "hub": "hub",
    ]
    /// Members that are left out whole: measurements, and texts of others.
    private static let dropped: Set<String> = ["status", "result", "estimate", "detail", "message"]
    /// Shorter values are no names that could be found again in a text.
    private static let lengthMin = 3

    private var words: [String: String] = [:]
    private var counts: [String: Int] = [:]

    /// Learns every name in an answer of the agent.
    mutating func learn(_ value: JSONValue) {
        for member in value.objectValue ?? [] {
            if let kind = Self.kinds[member.name] { learn(member.value, kind) }
            learn(member.value)
        }
        for element in value.arrayValue ?? [] { learn(element) }
    }

    mutating func learn(_ text: String, as kind: String) {
        guard text.utf8.count >= Self.lengthMin, words[text] == nil else { return }
        counts[kind, default: 0] += 1
        words[text] = "\(kind)-\(counts[kind, default: 0])"
    }

    private mutating func learn(_ value: JSONValue, _ kind: String) {
        if let text = value.stringValue { learn(text, as: kind) }
        for element in value.arrayValue ?? [] { learn(element, kind) }
    }

    /// Without what is dropped, and with words in place of names.
    func redacted(_ value: JSONValue) -> JSONValue {
        if let members = value.objectValue {
            return .object(
                members.filter { !Self.dropped.contains($0.name) || $0.value.objectValue == nil && $0.name == "status" }
                    .map { JSONMember(name: $0.name, value: redacted($0.value)) })
        }
        if let elements = value.arrayValue { return .array(elements.map(redacted)) }
        return value.stringValue.map { .string(redacted($0)) } ?? value
    }

    /// The longest names first: one may be a part of another.
    func redacted(_ text: String) -> String {
        var text = text
        for (name, word) in words.sorted(by: { ($1.key.utf8.count, $0.key) < ($0.key.utf8.count, $1.key) }) {
            text = text.replacing(name, with: word)
        }
        return text
    }
}
