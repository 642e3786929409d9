package import CORProtocol
package import JSONCoding

extension AnalysisResult {
    /// As openapi.yaml's `Result`.
    package var json: JSONValue {
        [
            "result_id": .string(id.hex),
            "inputs": .array(inputs.map { .string($0.hex) }),
            "algorithm": [
                "id": .string(algorithm.id), "version": .string(algorithm.version),
                "model_hash": .string(algorithm.modelHash.hex), "profile": .string(algorithm.profile),
            ],
            "made_ms": .integer(made.wallMilliseconds),
            "subject": .string(subject?.text),
            "status": .string(output.status.name),
            "reasons": .array(output.reasons.map(JSONValue.string)),
            "esr_mm_h": output.centiMillimetresPerHour.map { .hundredths($0) } ?? .null,
            "interval90": output.interval90.map { [.hundredths($0.low), .hundredths($0.high)] } ?? .null,
            "minutes": .number(Double(output.centiMinutes) / 100),
            "comparator": .string(output.comparator.rawValue),
            "configuration_hash": .string(configurationHash.hex),
        ]
    }
}

extension JSONValue {
    static func string(_ text: String?) -> JSONValue {
        text.map { .string($0 as String) } ?? .null
    }

    static func integer(_ value: UInt64) -> JSONValue {
        Int64(exactly: value).map { .integer($0 as Int64) } ?? .number(Double(value))
    }

    fileprivate static func hundredths(_ value: Int64) -> JSONValue {
        .number(Double(value) / 100)
    }
}

extension ESRStatus {
    var name: String {
        switch self {
        case .final: "final"
        case .preliminary: "preliminary"
        case .noResult: "no-result"
        }
    }
}

extension RecordKind {
    var name: String {
        switch self {
        case .sedimentationRun: "sedimentation-run"
        case .selfTest: "self-test"
        case .logExcerpt: "log-excerpt"
        }
    }
}

extension ReceiptStatus {
    var name: String {
        switch self {
        case .accepted: "accepted"
        case .acceptedWithGaps: "accepted-with-gaps"
        case .rejected: "rejected"
        }
    }
}
