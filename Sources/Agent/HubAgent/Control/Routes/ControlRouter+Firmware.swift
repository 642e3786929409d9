import CORProtocol
import HubCore
import HubStore
import JSONCoding
import KeyStore

// Updates of devices' firmware: docs/firmware.md.
extension ControlRouter {
    private static let eventCountMax = 200

    /// `path` is what follows /v1/firmware.
    func firmware(_ path: [String], _ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        switch (request.method, path.count, path.first ?? "", path.last ?? "") {
        case ("GET", 0, _, _): return updates()
        case ("POST", 1, "install", _): return try await install(request)
        case ("GET", 1, "window", _): return window()
        case ("POST", 1, "window", _): return try await setWindow(request)
        case ("GET", 1, "inhibits", _): return inhibits()
        case ("POST", 1, "inhibits", _): return try await addInhibit(request)
        case ("POST", 2, "inhibits", "remove"): return try await removeInhibit(request)
        case ("GET", 1, let serial, _): return try await update(of: deviceSerial(serial))
        case ("GET", 2, let serial, "history"): return try await firmwareHistory(of: deviceSerial(serial))
        case ("POST", 2, let serial, let order):
            guard let order = FirmwareRequest(rawValue: order) else { throw ControlRefusal(.notFound("this path")) }
            return try await ask(order, of: deviceSerial(serial), request)
        default: throw ControlRefusal(.notFound("this path"))
        }
    }

    // MARK: - Updates

    private func updates() -> JSONValue {
        [
            "schema": "corhub/firmware-status/1",
            "updates": .array(context.updates.entries.map(\.json)),
            "keys": .count(context.images.keys.count),
        ]
    }

    private func update(of serial: DeviceSerial) throws(ControlRefusal) -> JSONValue {
        guard let entry = context.updates.entry(of: serial) else {
            throw ControlRefusal(.notFound("an update of \(serial.text)"))
        }
        return [
            "schema": "corhub/firmware-status/1", "updates": [entry.json], "keys": .count(context.images.keys.count),
        ]
    }

    private func firmwareHistory(of serial: DeviceSerial) async throws(ControlRefusal) -> JSONValue {
        let events = try await read { (reader) throws(StoreFault) in
            try reader.firmwareEvents(of: serial, countMax: Self.eventCountMax)
        }
        let trace = StateReportTrace(hub: context.identity.hubID, devices: context.services.certificates)
        var values: [JSONValue] = []
        for event in events {
            let report: JSONValue =
                if let evidence = event.evidence {
                    await trace.json(evidence, of: serial, at: event.time)
                } else {
                    .null
                }
            values.append([
                "type": .string(event.type), "time_ms": .integer(event.time.wallMilliseconds),
                "detail": .string(event.detail), "state_report": report,
            ])
        }
        return [
            "schema": "corhub/firmware-history/1", "device": .string(serial.text), "events": .array(values),
        ]
    }

    private func install(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let serial = try await deviceSerial(request.query["device"] ?? "")
        let isKnown = try await read { (reader) throws(StoreFault) in try reader.device(serial) != nil }
        guard isKnown else { throw ControlRefusal(.notFound("the device \(serial.text)")) }
        guard !request.body.isEmpty else { throw ControlRefusal(.badRequest("the body is the image's file")) }
        let allowsDowngrade = request.query["downgrade"] == "1"
        let needed = Set(
            context.updates.entries.filter { !$0.record.phase.isEnd }.map(\.record.offer.target.sha256))
        let facts: FirmwareImageFacts
        do throws(FirmwareImageFolder.Fault) {
            facts = try context.images.admit(request.body, needed: needed)
        } catch {
            throw ControlRefusal(Self.failure(error))
        }
        let offer = FirmwareOffer(
            target: FirmwareOffer.Target(
                name: request.query["name"] ?? "image", sha256: .of(request.body), length: request.body.count),
            image: facts, origin: .file(actor: actor(of: request)),
            window: request.query["window"] == "maintenance" ? .maintenance : .anytime,
            allowsDowngrade: allowsDowngrade)
        let outcome: FirmwareOutcome? = await withCheckedContinuation { continuation in
            context.firmware(
                .offer(.offered(serial, offer, metadataVersion: metadataVersion(for: offer, of: serial, request))) {
                    continuation.resume(returning: $0)
                })
        }
        if let outcome, outcome.end != FirmwareOutcome.End.confirmed {
            throw ControlRefusal(.conflict(outcome.reason, Self.explanation(of: outcome)))
        }
        return try update(of: serial)
    }

    /// A person who asks again knows more than when it failed.
    private func metadataVersion(for offer: FirmwareOffer, of serial: DeviceSerial, _ request: ControlRequest) -> UInt64
    {
        guard request.query["again"] == "1",
            let refused = context.updates.entry(of: serial)?.record.refused.first(where: {
                $0.imageHash == offer.image.hash
            })
        else { return 0 }
        return refused.metadataVersion &+ 1
    }

    private static func explanation(of outcome: FirmwareOutcome) -> String {
        switch outcome.reason {
        case "another-update-runs": "another update of the device is under way; see `corhub firmware status`"
        case "failed-before":
            "this image failed on the device before; `corhub firmware history` says why, --again tries it once more"
        default: outcome.reason
        }
    }

    private func ask(
        _ order: FirmwareRequest, of serial: DeviceSerial, _ request: ControlRequest
    ) async throws(ControlRefusal) -> JSONValue {
        let answer = await withCheckedContinuation { continuation in
            context.firmware(.request(serial, order) { continuation.resume(returning: $0) })
        }
        switch answer {
        case .failure(let refusal):
            throw ControlRefusal(
                refusal == .nothingRuns
                    ? ControlFailure(status: 404, code: refusal.code, message: refusal.explanation)
                    : .conflict(refusal.code, refusal.explanation))
        case .success(let record):
            await noteOrder(order.rawValue, record.map { "\($0.offer.image.version)" } ?? "", serial.text, request)
            return try update(of: serial)
        }
    }

    private static func failure(_ fault: FirmwareImageFolder.Fault) -> ControlFailure {
        switch fault {
        case .refused("key-not-allowed", let message):
            ControlFailure(
                status: 422, code: "key-not-allowed",
                message: "the image is refused: \(message); whose images are accepted says firmware.image_keys")
        case .refused(let code, let message):
            ControlFailure(status: 422, code: code, message: "the image is refused: \(message)")
        case .disk(let code): .storage("the image cannot be kept: \(SystemError.text(code))")
        }
    }

    private func actor(of request: ControlRequest) -> AuditActor {
        AuditActor(component: "control", userID: request.user.map(UInt64.init))
    }

    /// What a local user ordered; what came of it is the update's to note.
    private func noteOrder(_ what: String, _ detail: String, _ subject: String, _ request: ControlRequest) async {
        try? await context.services.records.append(
            AuditDraft(
                .firmware, actor: actor(of: request), subject: subject, outcome: .accepted,
                time: context.services.clock.now(), detail: detail.isEmpty ? what : "\(what): \(detail)"))
    }

    // MARK: - Window and inhibits

    private func window() -> JSONValue {
        let settings = context.updates.settings
        let state = settings.windowState(at: context.services.clock.now(), in: LocalZone.current())
        return [
            "schema": "corhub/firmware-window/1", "window": .text(settings.window?.text),
            "state": .string(state.code), "opens_ms": state.opens.map(JSONValue.integer) ?? .null,
        ]
    }

    private func setWindow(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let body = try Self.object(request)
        var wanted: MaintenanceWindow?
        if let text = body["window"]?.stringValue {
            wanted = MaintenanceWindow(text)
            guard wanted != nil else {
                throw ControlRefusal(.badRequest("a window is written as \"mon-fri 02:00-05:00\""))
            }
        }
        try await change("window", wanted?.text ?? "anytime", request) { [wanted] settings in
            settings.window = wanted
            return nil
        }
        return window()
    }

    private func inhibits() -> JSONValue {
        [
            "schema": "corhub/firmware-inhibits/1",
            "inhibits": .array(
                context.updates.settings.inhibits.map { inhibit in
                    [
                        "name": .string(inhibit.name), "device": .text(inhibit.serial?.text),
                        "until_ms": inhibit.until.map(JSONValue.integer) ?? .null,
                    ]
                }),
        ]
    }

    private func addInhibit(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let body = try Self.object(request)
        let name = try Self.inhibitName(body)
        var serial: DeviceSerial?
        if let text = body["device"]?.stringValue { serial = try await deviceSerial(text) }
        let inhibit = FirmwareSettings.Inhibit(name: name, serial: serial, until: body["until_ms"]?.integerValue)
        try await change("inhibit", name, request) { settings in
            settings.inhibits.removeAll { $0.name == inhibit.name }
            guard settings.inhibits.count < FirmwareSettings.inhibitCountMax else {
                return .conflict("too-many", "\(FirmwareSettings.inhibitCountMax) hold back already")
            }
            settings.inhibits.append(inhibit)
            return nil
        }
        return inhibits()
    }

    private func removeInhibit(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let name = try Self.inhibitName(try Self.object(request))
        try await change("inhibit removed", name, request) { settings in
            guard settings.inhibits.contains(where: { $0.name == name }) else {
                return .notFound("what holds back under this name")
            }
            settings.inhibits.removeAll { $0.name == name }
            return nil
        }
        return inhibits()
    }

    /// Changes the settings as they are kept, so that two who change them at once lose nothing of each other.
    ///
    /// - Parameter body: gives why it cannot be done; then nothing is changed.
    private func change(
        _ what: String, _ detail: String, _ request: ControlRequest,
        _ body: @escaping @Sendable (inout FirmwareSettings) -> ControlFailure?
    ) async throws(ControlRefusal) {
        let draft = AuditDraft(
            .firmware, actor: actor(of: request), subject: "settings", outcome: .done,
            time: context.services.clock.now(), detail: "\(what): \(detail)")
        let failure = try await write { (transaction) throws(StoreFault) -> ControlFailure? in
            var settings = try transaction.firmwareSettings() ?? FirmwareSettings()
            if let failure = body(&settings) { return failure }
            try transaction.keep(settings)
            try transaction.append(draft)
            return nil
        }
        if let failure { throw ControlRefusal(failure) }
        let settings = try await read { (reader) throws(StoreFault) in try reader.firmwareSettings() }
        context.updates.note(settings ?? FirmwareSettings())
        context.firmware(.settings(settings ?? FirmwareSettings()))
    }

    private static func object(_ request: ControlRequest) throws(ControlRefusal) -> JSONValue {
        guard let body = try? JSONValue.parse(request.body), body.objectValue != nil else {
            throw ControlRefusal(.badRequest("the body is a JSON object"))
        }
        return body
    }

    private static func inhibitName(_ body: JSONValue) throws(ControlRefusal) -> String {
        guard let name = body["name"]?.stringValue, (1...64).contains(name.utf8.count) else {
            throw ControlRefusal(.badRequest("a name of 1 to 64 bytes is wanted"))
        }
        return name
    }
}

extension FirmwareConditions.Window {
    fileprivate var code: String {
        switch self {
        case .open: "open"
        case .closed: "closed"
        case .unknown: "unknown"
        }
    }

    fileprivate var opens: Int64? {
        if case .closed(let opens) = self { opens } else { nil }
    }
}

extension FirmwareBoard.Entry {
    fileprivate var json: JSONValue {
        let offer = record.offer
        let origin: JSONValue =
            switch offer.origin {
            case .file(let actor):
                ["kind": "file", "rollout": .null, "user": actor.userID.map { .integer(Int64(clamping: $0)) } ?? .null]
            case .rollout(let id): ["kind": "rollout", "rollout": .string(id), "user": .null]
            }
        let upload: JSONValue =
            self.upload.map { upload in
                [
                    "offset": .count(upload.offset), "length": .count(upload.length),
                    "bytes_per_second": upload.rate(at: .now).map { .integer(Int64($0)) } ?? .null,
                ]
            } ?? .null
        return [
            "device": .string(record.serial.text), "phase": .string(record.phase.code),
            "ended": .bool(record.phase.isEnd), "reason": .text(record.reason.isEmpty ? nil : record.reason),
            "entered_ms": .integer(record.entered.wallMilliseconds),
            "image": [
                "name": .string(offer.target.name), "sha256": .string(offer.target.sha256.hex),
                "length": .count(offer.target.length), "version": .string("\(offer.image.version)"),
                "hash": .string(offer.image.hash.hex),
                "security_counter": offer.image.securityCounter.map { .integer(Int64($0)) } ?? .null,
            ],
            "origin": origin,
            "waits_for": .array(
                record.phase.isEnd
                    ? [] : reasons.map { ["code": .string($0.code), "message": .string($0.explanation)] }),
            "upload": upload,
        ]
    }
}
