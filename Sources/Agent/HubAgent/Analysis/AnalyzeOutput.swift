import ESRAnalysis
import JSONCoding

/// One line that `corhub analyze` prints.
///
/// `esr_mm_h` and `interval90` are rounded to 0.1 mm/h and are `null` exactly when `status` is `no-result`;
/// `comparator` (`>` or `<`) stands only where the value is an end of the reportable range.
struct AnalyzeOutput: Sendable {
    let index: Int64
    let verdict: ESRVerdict
    /// What was asked for beside the verdict.
    var extras: [JSONMember] = []

    var json: JSONValue {
        var members: [JSONMember] = [
            JSONMember(name: "index", value: .integer(index)),
            JSONMember(name: "status", value: .string(verdict.status.rawValue)),
            JSONMember(name: "reasons", value: .array(verdict.reasons.map { .string($0.rawValue) })),
            JSONMember(name: "esr_mm_h", value: verdict.estimate.map { tenths($0.value) } ?? .null),
            JSONMember(
                name: "interval90",
                value: verdict.estimate.map {
                    .array([tenths($0.interval90.lowerBound), tenths($0.interval90.upperBound)])
                } ?? .null),
            JSONMember(name: "minutes", value: .number((verdict.minutes * 100).rounded() / 100)),
            JSONMember(name: "algorithm", value: .string(verdict.provenance.algorithm)),
            JSONMember(name: "version", value: .string(verdict.provenance.version)),
        ]
        if let comparator = verdict.estimate?.comparator {
            members.append(JSONMember(name: "comparator", value: .string(comparator.rawValue)))
        }
        return .object(members + extras)
    }

    private func tenths(_ value: Double) -> JSONValue {
        .number((value * 10).rounded() / 10)
    }
}
