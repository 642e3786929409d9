import CORProtocol
import HubCore
import JSONCoding
import TextEncodings

// How evidence looks in JSON: hashes and epochs in hexadecimal, times as milliseconds since 1970, units in the names.

extension JSONValue {
    static func hash(_ hash: SHA256Hash?) -> JSONValue { hash.map { .string($0.hex) } ?? .null }
    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    static func count(_ count: some BinaryInteger) -> JSONValue { .integer(Int64(clamping: count)) }
    static func count(_ count: (some BinaryInteger)?) -> JSONValue {
        count.map { .integer(Int64(clamping: $0)) } ?? .null
    }
    static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    /// Hundredths as a decimal number.
    static func hundredths(_ value: Int64) -> JSONValue { .number(Double(value) / 100) }
}

extension TimeBlock {
    var json: JSONValue {
        [
            "boot_id": .string(bootID.hexadecimal), "boottime_ns": .count(boottimeNanoseconds),
            "wall_ms": .integer(wallMilliseconds), "clock": .string("\(sync)"), "rtc": .bool(rtcPresent),
        ]
    }
}

extension [UInt8] {
    var hexadecimal: String { Hexadecimal.text(of: self) }
}

extension StatusResponse {
    var json: JSONValue {
        [
            "battery_percent": .count(batteryPercent), "external_power": .bool(hasExternalPower),
            "temperature_c": .number(Double(temperatureMillidegrees) / 1_000), "running": .bool(isRunning),
            "cartridge": .text(cartridge), "faults": .texts(faults), "pending_records": .count(pendingCount),
            "newest_sequence": .count(newestSequence),
        ]
    }
}

extension ESROutput {
    var json: JSONValue {
        [
            "status": .string(status.text), "reasons": .texts(reasons),
            "esr_mm_h": centiMillimetresPerHour.map { .hundredths($0) } ?? .null,
            "comparator": .string(comparator.rawValue),
            "interval90": interval90.map { .array([.hundredths($0.low), .hundredths($0.high)]) } ?? .null,
            "minutes": .number(Double(centiMinutes) / 100),
        ]
    }
}

extension ESRStatus {
    var text: String {
        switch self {
        case .final: "final"
        case .preliminary: "preliminary"
        case .noResult: "no-result"
        }
    }
}

extension AnalysisResult {
    var json: JSONValue {
        [
            "result_id": .hash(id), "inputs": .array(inputs.map { .hash($0) }), "output": output.json,
            "algorithm": .string(algorithm.id), "version": .string(algorithm.version),
            "model_hash": .hash(algorithm.modelHash), "profile": .string(algorithm.profile),
            "configuration_hash": .hash(configurationHash), "made": made.json, "subject": .text(subject?.text),
        ]
    }
}

extension AuditEntry {
    var json: JSONValue {
        [
            "sequence": .count(sequence), "type": .string(type.rawValue), "actor": .string(actor.component),
            "user": .count(actor.userID), "remote_command": .text(actor.remoteCommand), "subject": .string(subject),
            "outcome": .string(outcome), "detail": .string(detail), "time": time.json,
            "previous_hash": .hash(previousHash), "hash": .hash(hash),
        ]
    }
}

extension BatchPosition {
    var json: JSONValue { ["epoch": .string(epoch.hex), "sequence": .count(sequence)] }
}

extension BatchSummary {
    var json: JSONValue {
        [
            "epoch": .string(position.epoch.hex), "sequence": .count(position.sequence), "hash": .hash(hash),
            "previous_hash": .hash(previousHash), "cut": cut.json, "items": .count(itemCount),
            "length": .count(length), "bytes": .string(bytesState.text),
            "receipt": receipt.map { .string($0.text) } ?? .null,
        ]
    }
}

extension ReceiptStatus {
    var text: String {
        switch self {
        case .accepted: "accepted"
        case .acceptedWithGaps: "accepted-with-gaps"
        case .rejected: "rejected"
        }
    }
}

extension StoredBytesState {
    var text: String {
        switch self {
        case .present: "present"
        case .pruned: "pruned"
        case .lost: "lost"
        case .erased: "erased"
        case .overwritten: "overwritten"
        }
    }
}
