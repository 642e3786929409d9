import JSONCoding

// Fields of the agent's answers as people read them.
extension JSONValue {
    func text(_ path: String...) -> String {
        var value: JSONValue? = self
        for name in path { value = value?[name] }
        switch value {
        case .string(let text)?: return text.printable
        case .integer(let number)?: return "\(number)"
        case .number(let number)?: return number.shortText
        case .bool(let flag)?: return flag ? "yes" : "no"
        case .null?, .array?, .object?, nil: return "-"
        }
    }

    func list(_ name: String) -> [JSONValue] { self[name]?.arrayValue ?? [] }

    /// "12.3 mm/h (9.1 to 16.0), preliminary", or why there is no number.
    var resultText: String {
        guard let output = self["output"] else { return "-" }
        let reasons = output.list("reasons").compactMap(\.stringValue).joined(separator: ", ")
        guard let value = output["esr_mm_h"]?.numberValue else {
            return "no result" + (reasons.isEmpty ? "" : ": \(reasons)")
        }
        let comparator = output.text("comparator") == "=" ? "" : output.text("comparator") + " "
        let ends = output.list("interval90").compactMap(\.numberValue)
        let interval = ends.count == 2 ? " (90 %: \(ends[0].shortText) to \(ends[1].shortText))" : ""
        return "\(comparator)\(value.shortText) mm/h\(interval), \(output.text("status"))"
    }

    /// The wall clock of a time block, UTC, to the second.
    func time(_ name: String) -> String {
        self[name]?["wall_ms"]?.integerValue.map(UTCTime.text(milliseconds:)) ?? "-"
    }
}

extension Double {
    /// To one decimal place.
    var shortText: String {
        guard isFinite, magnitude < 1e15 else { return "\(self)" }
        let tenths = Int64((self * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        return "\(sign)\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}
