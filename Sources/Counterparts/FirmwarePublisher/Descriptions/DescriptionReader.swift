package import FirmwareRollout
package import JSONCoding

/// Reads a release's description: the part of YAML that these files use, and nothing else.
///
/// Members on lines of their own; values that are words, integers or lists in brackets; lists with a hyphen, of values or of objects
/// with a member a line; comments. Anything that YAML would read otherwise than it looks is refused with its line.
package struct DescriptionReader {
    private static let lengthMax = 65_536

    private struct Line {
        let number: Int
        let indentation: Int
        let content: Substring
    }

    private var lines: [Line] = []

    package static func description(_ bytes: [UInt8]) throws(PublisherFault) -> ReleaseDescription {
        let value = try value(bytes)
        do throws(DocumentFault) {
            return try ReleaseDescription(value)
        } catch {
            throw .document(error)
        }
    }

    package static func value(_ bytes: [UInt8]) throws(PublisherFault) -> JSONValue {
        guard bytes.count <= lengthMax, let text = String(validating: bytes, as: UTF8.self) else {
            throw .description(line: 1, reason: "no text of at most \(lengthMax) bytes of UTF-8")
        }
        var reader = DescriptionReader()
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            try reader.take(line, number: index + 1)
        }
        reader.lines.reverse()
        let value = try reader.object(indentation: 0)
        if let line = reader.lines.last { throw .description(line: line.number, reason: "unexpected indentation") }
        return value
    }

    private mutating func take(_ text: Substring, number: Int) throws(PublisherFault) {
        var line = text
        if let comment = line.indices.first(where: { index in
            line[index] == "#" && (index == line.startIndex || line[line.index(before: index)] == " ")
        }) {
            line = line[..<comment]
        }
        while line.last == " " { line.removeLast() }
        guard !line.isEmpty else { return }
        guard line.allSatisfy({ $0 >= " " && $0 <= "~" }) else {
            throw .description(line: number, reason: "a tab, or a character beyond ASCII")
        }
        let content = line.drop { $0 == " " }
        lines.append(Line(number: number, indentation: line.count - content.count, content: content))
    }

    private mutating func object(indentation: Int) throws(PublisherFault) -> JSONValue {
        var members: [JSONMember] = []
        // Each round takes a line.
        while let line = lines.last, line.indentation == indentation, !line.content.hasPrefix("- ") {
            lines.removeLast()
            let member = try member(line.content, line, indentation: indentation)
            guard !members.contains(where: { $0.name == member.name }) else {
                throw .description(line: line.number, reason: "\(member.name) stands twice")
            }
            members.append(member)
        }
        guard !members.isEmpty else {
            throw .description(line: lines.last?.number ?? 1, reason: "a member is missing")
        }
        return .object(members)
    }

    private mutating func member(
        _ text: Substring, _ line: Line, indentation: Int
    ) throws(PublisherFault) -> JSONMember {
        guard let colon = text.firstIndex(of: ":") else {
            throw .description(line: line.number, reason: "no member such as name: value")
        }
        let name = text[..<colon]
        guard !name.isEmpty, name.allSatisfy({ ("a"..."z").contains($0) || $0 == "_" }) else {
            throw .description(line: line.number, reason: "a name has small letters and _")
        }
        let rest = text[text.index(after: colon)...]
        if rest.isEmpty {
            return JSONMember(name: String(name), value: try list(line, indentation: indentation))
        }
        guard rest.hasPrefix(" ") else { throw .description(line: line.number, reason: "a space behind the colon") }
        return JSONMember(name: String(name), value: try Self.value(of: rest.drop { $0 == " " }, line.number))
    }

    /// A list with a hyphen on each line.
    private mutating func list(_ head: Line, indentation: Int) throws(PublisherFault) -> JSONValue {
        var values: [JSONValue] = []
        guard let first = lines.last, first.content.hasPrefix("- "), first.indentation >= indentation else {
            throw .description(line: head.number, reason: "a value or a list is missing")
        }
        while let line = lines.last, line.indentation == first.indentation, line.content.hasPrefix("- ") {
            lines.removeLast()
            let content = line.content.dropFirst(2)
            let inner = content.drop { $0 == " " }
            // A colon with a space, or at the end, begins an object.
            guard inner.contains(": ") || inner.hasSuffix(":") else {
                values.append(try Self.value(of: inner, line.number))
                continue
            }
            let column = line.indentation + 2 + content.count - inner.count
            lines.append(Line(number: line.number, indentation: column, content: inner))
            values.append(try object(indentation: column))
        }
        return .array(values)
    }

    private static func value(of text: Substring, _ line: Int) throws(PublisherFault) -> JSONValue {
        guard text.hasPrefix("[") else { return try word(text, line) }
        guard text.hasSuffix("]") else { throw .description(line: line, reason: "a list without its end") }
        let content = text.dropFirst().dropLast()
        guard !content.allSatisfy({ $0 == " " }) else { return [] }
        var values: [JSONValue] = []
        for part in content.split(separator: ",", omittingEmptySubsequences: false) {
            var trimmed = part.drop { $0 == " " }
            while trimmed.last == " " { trimmed.removeLast() }
            values.append(try word(trimmed, line))
        }
        return .array(values)
    }

    /// A plain word, as YAML has it: an integer, or a text that is nothing else.
    private static func word(_ text: Substring, _ line: Int) throws(PublisherFault) -> JSONValue {
        if let integer = Int64(text), integer.description == text { return .integer(integer) }
        let others = ["true", "false", "yes", "no", "on", "off", "null", "~", ".inf", ".nan", "=", "<<"]
        let allowed = text.allSatisfy { $0.isLetter || $0.isNumber || " .+-_/()".contains($0) }
        // Numbers of other kinds (1.5, 0x10, 1_000, 2030-01-01) and words with a meaning are no texts in YAML.
        let looksLikeNumber =
            text.contains(where: \.isNumber) && text.allSatisfy { $0.isNumber || ".+-_eExXoaAbBcCdDfF".contains($0) }
            && text.split(separator: ".").count < 3
        guard let first = text.first, first.isLetter || first.isNumber, allowed, !looksLikeNumber,
            !others.contains(text.lowercased())
        else { throw .description(line: line, reason: "\(text) is no plain word and no integer") }
        return .string(String(text))
    }
}
