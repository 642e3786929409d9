extension JSONValue {
    /// The value as JSON text: on one line without spaces, or `pretty` with two spaces for each level.
    ///
    /// Doubles are written as the shortest decimal that reads back the same. JSON has no infinity and no NaN: they become
    /// null.
    package func serialized(pretty: Bool = false) -> String {
        var text = ""
        write(to: &text, indentation: pretty ? 0 : nil)
        return text
    }

    /// - Parameter indentation: the level, or nil to write on one line.
    private func write(to text: inout String, indentation: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += value.description
        case .number(let value): text += value.isFinite ? value.description : "null"
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            Self.writeList(elements, brackets: ("[", "]"), to: &text, indentation: indentation) {
                $0.write(to: &$1, indentation: $2)
            }
        case .object(let members):
            Self.writeList(members, brackets: ("{", "}"), to: &text, indentation: indentation) {
                Self.write($0.name, to: &$1)
                $1 += $2 == nil ? ":" : ": "
                $0.value.write(to: &$1, indentation: $2)
            }
        }
    }

    private static func writeList<Item>(
        _ items: [Item], brackets: (open: String, close: String), to text: inout String, indentation: Int?,
        _ write: (_ item: Item, _ text: inout String, _ indentation: Int?) -> Void
    ) {
        func newLine(_ level: Int?) {
            guard let level else { return }
            text += "\n" + String(repeating: "  ", count: level)
        }
        let inner = indentation.map { $0 + 1 }
        text += brackets.open
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            newLine(inner)
            write(item, &text, inner)
        }
        if !items.isEmpty { newLine(indentation) }
        text += brackets.close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
