import JSONCoding

/// An enrolment's state as people read it.
enum EnrolmentText {
    static func lines(_ report: JSONValue) -> [String] {
        var lines = [
            "hub         \(text(report, "hub")) (\(text(report, "environment")))",
            "upstream    \(text(report, "upstream"))",
        ]
        for certificate in report["certificates"]?.arrayValue ?? [] {
            let renewal = certificate["renewal_ms"]?.integerValue.map {
                ", renewed from \(UTCTime.text(milliseconds: $0)) on"
            }
            lines.append(
                "\(padded(text(certificate, "use")))valid until \(time(certificate, "end_ms"))\(renewal ?? "")"
                    + ", key: \(text(certificate, "key_protection"))")
        }
        for authority in report["authorities"]?.arrayValue ?? [] {
            lines.append(
                "authority   \(text(authority, "sha256").prefix(16))…, until \(time(authority, "end_ms"))")
        }
        if let renewal = report["renewal"], let reason = renewal["reason"]?.stringValue {
            let word = renewal["state"]?.stringValue == "refused" ? "is refused" : "fails"
            lines.append("renewal     \(word): \(reason.printable); it is tried again")
        }
        if report["key_protection"]?.stringValue == "file" {
            lines.append("keys        in files: for development, see docs/security.md")
        }
        return lines
    }

    private static func text(_ value: JSONValue, _ name: String) -> String {
        value[name]?.stringValue?.printable ?? "?"
    }

    private static func time(_ value: JSONValue, _ name: String) -> String {
        value[name]?.integerValue.map { UTCTime.text(milliseconds: $0) } ?? "?"
    }

    private static func padded(_ word: String) -> String {
        word + String(repeating: " ", count: max(1, 12 - word.count))
    }
}
