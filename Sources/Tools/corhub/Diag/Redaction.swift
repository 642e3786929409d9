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

    private struct Word: Sendable {
        let name: [UInt8]
        let replacement: [UInt8]
    }

    private var known: Set<String> = []
    private var counts: [String: Int] = [:]
    /// By the first byte of their names, the longest first: one name may be the beginning of another.
    private var words: [UInt8: [Word]] = [:]

    /// Learns every name in an answer of the agent.
    mutating func learn(_ value: JSONValue) {
        for member in value.objectValue ?? [] {
            if let kind = Self.kinds[member.name] { learn(member.value, kind) }
            learn(member.value)
        }
        for element in value.arrayValue ?? [] { learn(element) }
    }

    mutating func learn(_ text: String, as kind: String) {
        guard text.utf8.count >= Self.lengthMin, let first = text.utf8.first, known.insert(text).inserted
        else { return }
        counts[kind, default: 0] += 1
        let word = Word(name: Array(text.utf8), replacement: Array("\(kind)-\(counts[kind, default: 0])".utf8))
        let place = words[first]?.firstIndex { $0.name.count < word.name.count }
        words[first, default: []].insert(word, at: place ?? words[first]?.endIndex ?? 0)
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

    /// In one pass, so that no word is taken for a name.
    func redacted(_ text: String) -> String {
        var left = Array(text.utf8)[...]
        var redacted: [UInt8] = []
        while let first = left.first {
            if let word = words[first]?.first(where: { left.starts(with: $0.name) }) {
                redacted += word.replacement
                left = left.dropFirst(word.name.count)
            } else {
                redacted.append(first)
                left = left.dropFirst()
            }
        }
        return String(decoding: redacted, as: UTF8.self)
    }
}
