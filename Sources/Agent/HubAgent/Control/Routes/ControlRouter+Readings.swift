import CORProtocol
import ESRAnalysis
import HubCore
import HubStore
import JSONCoding

extension ControlRouter {
    func readings(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        var filter = RecordFilter()
        if let text = request.query["device"] {
            guard let serial = DeviceSerial(text) else {
                throw ControlRefusal(.badRequest("device is not a serial number"))
            }
            filter.serial = serial
        }
        guard let countMax = request.count("limit", default: 50, max: 1_000) else {
            throw ControlRefusal(.badRequest("limit is 1 to 1000"))
        }
        filter.countMax = countMax
        if let text = request.query["after"] {
            guard let after = UInt64(text), after <= UInt64(Int64.max) else {
                throw ControlRefusal(.badRequest("after is an item number"))
            }
            filter.after = after
        }
        switch request.query["order"] {
        case nil, "newest": filter.order = .newestFirst
        case "oldest": filter.order = .oldestFirst
        case _?: throw ControlRefusal(.badRequest("order is newest or oldest"))
        }
        let chosen = filter
        let found = try await read { (reader) throws(StoreFault) in
            var found: [(RecordSummary, [AnalysisResult])] = []
            for record in try reader.records(chosen) {
                found.append((record, try reader.results(ofRecord: record.recordID)))
            }
            return found
        }
        return [
            "schema": "corhub/readings/1",
            "readings": .array(found.map { record, results in record.json(results: results) }),
        ]
    }

    func reading(_ id: String) async throws(ControlRefusal) -> JSONValue {
        let trace = try await recordTrace(id)
        return [
            "schema": "corhub/reading/1",
            "reading": trace.record.summary.json(results: trace.results.map(\.result)),
            "trend": try await trend(of: trace)?.json ?? .null,
        ]
    }

    /// The record as the device signed it.
    func recordBytes(_ id: String) async throws(ControlRefusal) -> ControlAnswer {
        let record = try await recordTrace(id).record
        guard let bytes = record.bytes else {
            throw ControlRefusal(.notFound("the content of reading \(id.prefix(64))"))
        }
        return .bytes(bytes, contentType: "application/cose")
    }

    /// Nil for a reading of nobody, or without a number.
    private func trend(of trace: RecordTrace) async throws(ControlRefusal) -> PersonalTrend.Outcome? {
        let subject = trace.record.summary.subject ?? trace.results.lazy.compactMap(\.result.subject).first
        guard let subject else { return nil }
        let id = trace.record.summary.recordID
        // A device's clock may say that a run was closed after it came.
        let end = trace.record.summary.received.wallMilliseconds + ClockTrust.toleranceMilliseconds
        let history = try await read { (reader) throws(StoreFault) in try reader.history(of: subject, upTo: end) }
        return PersonalTrend.outcome(of: id, in: history)
    }

    /// The whole chain of one reading: device signature, reception, results, batch, receipt.
    func trace(_ id: String) async throws(ControlRefusal) -> JSONValue {
        let trace = try await recordTrace(id)
        let evidence = try await read { (reader) throws(StoreFault) in try reader.evidence(of: trace) }
        let verification = TraceVerification(
            trust: TraceTrust(context.identity, devices: context.services.certificates),
            intake: context.services.analysis.intake)
        let checks = await verification.checks(of: evidence)
        return [
            "schema": "corhub/trace/1",
            "reading": trace.record.summary.json(results: trace.results.map(\.result)),
            "record_passage": trace.passage?.json ?? .null,
            "result_passages": .array(trace.results.map { $0.passage?.json ?? .null }),
            "quarantined": .array(trace.quarantined.map(\.json)),
            "checks": .array(checks.map(\.json)),
        ]
    }

    /// By the whole id, or by a beginning of it that is not shared (8 digits at least).
    func recordTrace(_ id: String) async throws(ControlRefusal) -> RecordTrace {
        let trace: RecordTrace?
        if let hash = SHA256Hash(hex: id) {
            trace = try await read { (reader) throws(StoreFault) in try reader.trace(hash) }
        } else {
            let ids = try await read { (reader) throws(StoreFault) in try reader.recordIDs(beginningWith: id) }
            guard ids.count < 2 else {
                throw ControlRefusal(.badRequest("several readings begin with \(id.prefix(64)): give more digits"))
            }
            guard let hash = ids.first else { throw ControlRefusal(.notFound("reading \(id.prefix(64))")) }
            trace = try await read { (reader) throws(StoreFault) in try reader.trace(hash) }
        }
        guard let trace else { throw ControlRefusal(.notFound("reading \(id.prefix(64))")) }
        return trace
    }
}

extension RecordSummary {
    func json(results: [AnalysisResult]) -> JSONValue {
        [
            "record_id": .hash(recordID), "item": .count(item), "device": .string(serial.text),
            "sequence": .count(sequence), "kind": .string(kind.text), "cartridge": .text(cartridge),
            "length": .count(length), "received": received.json, "link": .string(link.rawValue),
            "trust": .string(trust.rawValue), "subject": .text(subject?.text), "backfilled": .bool(backfilled),
            "awaits_subject": .bool(kind == .sedimentationRun && subject == nil && results.isEmpty),
            "clock_offset_ms": .count(clockOffsetMilliseconds), "bytes": .string(bytesState.text),
            "results": .array(results.map(\.json)),
        ]
    }
}

extension PersonalTrend.Outcome {
    var json: JSONValue {
        switch assessment {
        case .none(let absence):
            [
                "discontinuity": .bool(isDiscontinuity), "level": .null, "reason": .string(absence.rawValue),
                "baseline_mm_h": .null, "z": .null, "results": .null,
            ]
        case .compared(let level, let baseline, let z, let count):
            [
                "discontinuity": .bool(isDiscontinuity), "level": .string(level.rawValue), "reason": .null,
                "baseline_mm_h": .number((baseline * 100).rounded() / 100), "z": .number((z * 100).rounded() / 100),
                "results": .count(count),
            ]
        }
    }
}

extension RecordTrace.Passage {
    var json: JSONValue {
        [
            "batch": batch.json, "leaf_index": .count(leafIndex),
            "receipt": receipt.map { stored in
                [
                    "status": .string(stored.receipt.status.text), "log_id": .hash(stored.receipt.logID),
                    "upstream_ms": .integer(stored.receipt.upstreamMilliseconds),
                    "next_sequence": .count(stored.receipt.nextSequence), "reason": .text(stored.receipt.reason),
                ]
            } ?? .null,
        ]
    }
}

extension QuarantinedRecord {
    var json: JSONValue {
        [
            "device": .string(serial.text), "sequence": .count(sequence), "reason": .string(reason),
            "noticed": noticed.json, "length": .count(length),
        ]
    }
}
