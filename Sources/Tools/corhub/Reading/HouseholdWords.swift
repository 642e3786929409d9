import ESRAnalysis
import JSONCoding

/// One result of a reading in words that a household understands: what was found, how sure it is, and what it is not.
struct HouseholdWords: Sendable {
    /// Whose reference limit stands beside the value; only when both are stated.
    struct Person: Sendable {
        var age: Int
        var sex: ReferenceInterval.Sex
    }

    let result: JSONValue
    /// What the person's own earlier results say; nil or null where there is nothing to say.
    var trend: JSONValue?
    let person: Person?

    var lines: [String] {
        let output = result["output"] ?? .null
        let reasons = output.list("reasons").compactMap(\.stringValue)
        var lines: [String]
        if let value = output["esr_mm_h"]?.numberValue {
            lines = told(value: value, output: output)
        } else {
            lines = ["There is no result."]
        }
        lines += reasons.map { ESRReason(rawValue: $0)?.sentence ?? "Another reason: \($0.printable)." }
        if output["esr_mm_h"]?.numberValue == nil {
            lines.append("Measure again with a new cartridge; if it happens again, ask for help.")
        }
        lines += trend.map(Self.told(trend:)) ?? []
        lines.append("A computed estimate, not a diagnosis. Talk to a doctor about what it means for you.")
        return lines
    }

    /// What a change may mean is for others to say: here stands only whether there is one.
    private static func told(trend: JSONValue) -> [String] {
        var lines: [String] = []
        if trend["discontinuity"]?.boolValue == true {
            lines.append(
                "A new series begins here: another device, cartridge lot or version of the analysis than before. Earlier values cannot be compared."
            )
        }
        let baseline = trend["baseline_mm_h"]?.numberValue?.shortText ?? "-"
        switch trend.text("level") {
        case "usual": lines.append("It is within what is usual for you (mostly about \(baseline) mm/h).")
        case "noticeable": lines.append("It differs from what is usual for you (mostly about \(baseline) mm/h).")
        case "repeat-advised":
            lines.append("It differs much from what is usual for you (mostly about \(baseline) mm/h): measure again.")
        default:
            switch trend.text("reason") {
            case "too-few-results": lines.append("There are too few earlier results to compare it with.")
            case "too-few-weeks": lines.append("Earlier results lie too close together in time to compare it with.")
            case "too-low": lines.append("Below 10 mm/h, changes between measurements say nothing.")
            case "not-comparable": lines.append("Only final results are compared with earlier ones.")
            default: break
            }
        }
        return lines
    }

    private func told(value: Double, output: JSONValue) -> [String] {
        let comparator = output.text("comparator")
        let amount =
            switch comparator {
            case ">": "more than \(value.shortText)"
            case "<": "less than \(value.shortText)"
            default: "about \(value.shortText)"
            }
        let isFinal = output.text("status") == "final"
        var lines = ["\(isFinal ? "Result" : "Early or uncertain estimate, not a result yet"): \(amount) mm/h."]
        let ends = output.list("interval90").compactMap(\.numberValue)
        if ends.count == 2 {
            lines.append(
                "In 9 of 10 such measurements the true value lies between \(ends[0].shortText) and \(ends[1].shortText) mm/h."
            )
        }
        if let reference {
            lines.append(
                "For healthy people of that age and sex it is mostly up to \(reference.upperLimit.shortText) mm/h (Miller 1983)."
            )
        }
        return lines
    }

    private var reference: ReferenceInterval? {
        person.flatMap { ReferenceInterval(age: $0.age, sex: $0.sex) }
    }
}
