import JSONCoding

/// Readings as comma-separated values (RFC 4180), one line a result.
enum ReadingCSV {
    private static let header = [
        "record_id", "device", "sequence", "kind", "cartridge", "received_utc", "clock", "subject", "trust",
        "backfilled",
        "content", "result_id", "status", "comparator", "esr_mm_h", "interval90_low", "interval90_high", "minutes",
        "reasons", "algorithm", "algorithm_version", "profile",
    ]

    static func text(_ readings: [JSONValue]) -> String {
        var lines = [header]
        for reading in readings {
            let results = reading.list("results")
            let head = fields(of: reading)
            if results.isEmpty { lines.append(head + [String](repeating: "", count: header.count - head.count)) }
            for result in results { lines.append(head + fields(ofResult: result)) }
        }
        return lines.map { $0.map(escaped).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func fields(of reading: JSONValue) -> [String] {
        [
            value(reading["record_id"]), value(reading["device"]), value(reading["sequence"]), value(reading["kind"]),
            value(reading["cartridge"]), reading.time("received"), value(reading["received"]?["clock"]),
            value(reading["subject"]), value(reading["trust"]), value(reading["backfilled"]), value(reading["bytes"]),
        ]
    }

    private static func fields(ofResult result: JSONValue) -> [String] {
        let output = result["output"] ?? .null
        let ends = output.list("interval90").map { value($0) }
        return [
            value(result["result_id"]), value(output["status"]), value(output["comparator"]), value(output["esr_mm_h"]),
            ends.first ?? "", ends.last ?? "", value(output["minutes"]),
            output.list("reasons").compactMap(\.stringValue).joined(separator: " "), value(result["algorithm"]),
            value(result["version"]), value(result["profile"]),
        ]
    }

    private static func value(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: text
        case .integer(let number)?: "\(number)"
        case .number(let number)?: "\(number)"
        case .bool(let flag)?: flag ? "true" : "false"
        case .null?, .array?, .object?, nil: ""
        }
    }

    /// Quoted where RFC 4180 wants it. A text that a spreadsheet would take for a formula begins with an apostrophe: serial
    /// numbers and cartridges are what devices say.
    static func escaped(_ field: String) -> String {
        var field = field.printable
        if let first = field.first, "=+-@".contains(first), Double(field) == nil { field = "'" + field }
        guard field.contains(where: { ",\"\r\n".contains($0) }) else { return field }
        return "\"" + field.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
