import CORProtocol
import HubCore
import HubStore
import JSONCoding

// Whose readings they are, and results that are made after the run came.
extension ControlRouter {
    /// Records looked at in one step, while runs that wait or were analysed by another version are gone through.
    private static let pageCount = 200

    /// From now on the device's runs are this person's. Runs that wait stay with nobody unless `waiting` is true: whoever
    /// says so answers for all of them.
    func assignDevice(_ text: String, _ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let serial = try await deviceSerial(text)
        let body = try Self.object(request.body, members: ["subject", "waiting"])
        let subject = try Self.subject(body, allowsNobody: true)
        let takesWaiting = body["waiting"]?.boolValue ?? false
        guard subject != nil || !takesWaiting else {
            throw ControlRefusal(.badRequest("runs that wait cannot be given to nobody"))
        }
        let now = context.services.clock.now()
        let isKnown = try await write { (transaction) throws(StoreFault) in
            guard try transaction.device(serial) != nil else { return false }
            try transaction.assign(serial, DeviceAssignment(subject: subject, since: now))
            try transaction.append(
                AuditDraft(
                    .assignment, actor: .agent, subject: serial.text, outcome: .done, time: now,
                    detail: subject == nil ? "to nobody" : "to a person"))
            return true
        }
        guard isKnown else { throw ControlRefusal(.notFound("device \(serial.text)")) }
        var made = 0
        if takesWaiting, let subject {
            made = try await eachRun(of: serial) { (intake, reading) throws(RecordIntake.DerivationRefusal) in
                try intake.assign(reading, to: subject, at: now)
            }
        }
        return [
            "schema": "corhub/assignment/1", "device": .string(serial.text), "reading": .null,
            "subject": .text(subject?.text), "results": .count(made),
        ]
    }

    /// Gives one waiting run to a person, and makes its result.
    func assignReading(_ id: String, _ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let body = try Self.object(request.body, members: ["subject"])
        guard let subject = try Self.subject(body, allowsNobody: false) else {
            throw ControlRefusal(.badRequest("subject is wanted"))
        }
        let now = context.services.clock.now()
        let record = try await recordTrace(id).record.summary.recordID
        let result = try await derive(record, audit: .assignment) {
            (intake, reading) throws(RecordIntake.DerivationRefusal) in
            try intake.assign(reading, to: subject, at: now)
        }
        return [
            "schema": "corhub/assignment/1", "device": .null, "reading": .hash(record),
            "subject": .string(subject.text), "results": .count(result == nil ? 0 : 1),
        ]
    }

    /// Makes what this version of the analysis says of one reading, beside what earlier ones said.
    func analyze(_ id: String) async throws(ControlRefusal) -> JSONValue {
        let now = context.services.clock.now()
        let record = try await recordTrace(id).record.summary.recordID
        let result = try await derive(record, audit: .analysis) {
            (intake, reading) throws(RecordIntake.DerivationRefusal) in
            try intake.reanalyse(reading, at: now)
        }
        return Self.analysed(results: result == nil ? 0 : 1)
    }

    func analyzeAll() async throws(ControlRefusal) -> JSONValue {
        let now = context.services.clock.now()
        guard context.services.analysis.intake.isOn else { throw ControlRefusal(Self.failure(.analysisOff)) }
        let made = try await eachRun(of: nil) { (intake, reading) throws(RecordIntake.DerivationRefusal) in
            try intake.reanalyse(reading, at: now)
        }
        return Self.analysed(results: made)
    }

    private typealias Derive =
        @Sendable (RecordIntake, RecordIntake.StoredReading) throws(RecordIntake.DerivationRefusal) ->
        RecordIntake.Derivation

    /// - Returns: nil where the store had that very result already.
    private func derive(
        _ record: SHA256Hash, audit: AuditType, _ body: @escaping Derive
    ) async throws(ControlRefusal) -> AnalysisResult? {
        let intake = context.services.analysis.intake
        let now = context.services.clock.now()
        let outcome = try await write {
            (transaction) throws(StoreFault) -> Result<AnalysisResult?, RecordIntake.DerivationRefusal> in
            guard let reading = try transaction.reading(record) else { return .failure(.notAnalysed) }
            let derivation: RecordIntake.Derivation
            do throws(RecordIntake.DerivationRefusal) {
                derivation = try body(intake, reading)
            } catch {
                return .failure(error)
            }
            guard try transaction.insert(derivation) else { return .success(nil) }
            try transaction.append(
                AuditDraft(
                    audit, actor: .agent, subject: "record \(record.hex)", outcome: .done, time: now,
                    detail: "result \(derivation.result.id.hex)"))
            return .success(derivation.result)
        }
        switch outcome {
        case .failure(let refusal):
            throw ControlRefusal(Self.failure(refusal))
        case .success(let result):
            if let result {
                context.services.events.publish(.resultMade(recordID: record, result))
                context.forwarding(.itemsStored)
            }
            return result
        }
    }

    /// Goes through the runs, oldest first. Those that `body` refuses are left as they are.
    ///
    /// - Returns: how many results were made.
    private func eachRun(of serial: DeviceSerial?, _ body: @escaping Derive) async throws(ControlRefusal) -> Int {
        var filter = RecordFilter(
            serial: serial, kind: .sedimentationRun, order: .oldestFirst, countMax: Self.pageCount)
        let audit: AuditType = serial == nil ? .analysis : .assignment
        var made = 0
        while true {
            let page = try await read { [filter] (reader) throws(StoreFault) in try reader.records(filter) }
            for summary in page {
                do {
                    if try await derive(summary.recordID, audit: audit, body) != nil { made += 1 }
                } catch {
                    // A run that has its result, belongs to nobody or is pruned: the next one may not.
                    guard error.failure.status == 409 || error.failure.status == 422 else { throw error }
                }
            }
            guard let last = page.last, page.count == Self.pageCount else { return made }
            filter.after = last.item
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Value
    ) async throws(ControlRefusal) -> Value {
        do {
            return try await context.store.write(body)
        } catch {
            throw ControlRefusal(.storage(error.explanation))
        }
    }

    private static func analysed(results: Int) -> JSONValue {
        ["schema": "corhub/reanalysis/1", "results": .count(results)]
    }

    private static func failure(_ refusal: RecordIntake.DerivationRefusal) -> ControlFailure {
        switch refusal {
        case .notAnalysed: .badRequest("only sedimentation runs are analysed")
        case .unassigned: .conflict(refusal.rawValue, "nobody is assigned to this reading yet: its result waits")
        case .assigned: .conflict(refusal.rawValue, "it belongs to a person already; a result never changes hands")
        case .pruned: .conflict(refusal.rawValue, "the device's bytes are not on the hub any more")
        case .nothingNew: .conflict(refusal.rawValue, "this version of the analysis has made its result already")
        case .analysisOff:
            ControlFailure(
                status: 503, code: refusal.rawValue, message: "the analysis is off: see `corhub model status`")
        }
    }

    static func object(
        _ bytes: [UInt8], members: Set<String>
    ) throws(ControlRefusal) -> JSONValue {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            throw ControlRefusal(.badRequest("the body is no JSON"))
        }
        guard let object = value.objectValue, object.allSatisfy({ members.contains($0.name) }) else {
            throw ControlRefusal(.badRequest("the body is an object of \(members.sorted().joined(separator: ", "))"))
        }
        return value
    }

    private static func subject(_ body: JSONValue, allowsNobody: Bool) throws(ControlRefusal) -> SubjectID? {
        if allowsNobody, body["subject"] == .null { return nil }
        guard let subject = body["subject"]?.stringValue.flatMap(SubjectID.init) else {
            throw ControlRefusal(.badRequest("subject is an opaque id of 1 to 64 bytes, no name"))
        }
        return subject
    }
}
