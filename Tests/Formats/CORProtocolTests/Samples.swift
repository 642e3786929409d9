import CBORCoding
import CORProtocol
import Testing

/// One good value of every shape.
enum Samples {
    typealias Shape = any CBORShape & Hashable & Sendable

    static func serial() throws -> DeviceSerial { try #require(DeviceSerial("COR1-000042")) }
    static func hub() throws -> HubID { try #require(HubID("hub-7f3a")) }
    static func subject() throws -> SubjectID { try #require(SubjectID("subject-1")) }
    static func epoch() throws -> Epoch { try #require(Epoch(bytes: Array(0..<16))) }
    static func hash(_ text: String) -> SHA256Hash { .of(Array(text.utf8)) }

    static func time(_ seconds: UInt64 = 0) -> TimeBlock {
        TimeBlock(
            bootID: Array(16..<32), boottimeNanoseconds: seconds * 1_000_000_000,
            wallMilliseconds: 1_772_366_400_000 + Int64(seconds) * 1000, sync: .synchronised, rtcPresent: false)
    }

    static let deviceTime = DeviceTime(uptimeMilliseconds: 90_000, wallMilliseconds: 1_772_366_400_000)
    static let cartridge = Cartridge(id: "CRT-1", lot: "LOT-1", expiryMilliseconds: 1_800_000_000_000)
    static let geometry = ColumnGeometry(
        profile: "esr-profile/short-60", columnMicrometres: 60_000, bloodPerMille: 800)
    static let start = StartEvent(time: deviceTime, uncertaintyMilliseconds: 400)
    static let trace = SampleTrace(periodMilliseconds: 60_000, values: [24_000, nil, -7])
    static let run = SedimentationRun(
        cartridge: cartridge, geometry: geometry, calibrationID: "cal-1", start: start, samplePeriodMilliseconds: 5000,
        fallsMicrometres: [0, nil, -3, 1021], temperature: trace, tilt: trace, end: .complete)
    static let selfTestItem = SelfTestItem(name: "heater", passed: false, reason: "cold")
    static let selfTest = SelfTestRecord(passed: false, items: [selfTestItem])
    static let log = LogExcerpt(lines: ["boot", ""])

    static func payload(sequence: UInt64 = 17, _ body: RecordBody = .sedimentationRun(run)) throws -> RecordPayload {
        RecordPayload(serial: try serial(), bootCounter: 3, sequence: sequence, closed: deviceTime, body: body)
    }

    static func attestation() throws -> AttestationPayload {
        AttestationPayload(
            nonce: Array(0..<32), hub: try hub(), serial: try serial(), link: .udp, bootCounter: 3, state: state)
    }

    static let slotImage = SlotImage(hash: hash("image 1.4.2"), version: "1.4.2", state: .confirmed)
    static let undone = UndoneImage(hash: hash("image 1.5.0"), reason: "not-confirmed")
    static let state = DeviceState(
        running: slotImage, spare: slotImage, securityCounter: 2, imageLengthMax: 520_000, uptimeMilliseconds: 90_000,
        undone: undone)
    static let evidence = DeviceEvidence(attestation: [1], certificateChain: [[1], [2]])

    static let algorithm = AlgorithmIdentity(
        id: "esr-gel-collapse", version: "0.1.0", modelHash: hash("model"), profile: "short-60/1")
    static let interval = ESRInterval(low: 1210, high: 1730)
    static let output = ESROutput(
        status: .preliminary, reasons: ["model-preliminary"], centiMillimetresPerHour: 1450, interval90: interval,
        centiMinutes: 3000, comparator: .equal)

    static func result() throws -> AnalysisResult {
        AnalysisResult(
            inputs: [hash("record")], algorithm: algorithm, made: time(3), subject: try subject(), output: output,
            configurationHash: hash("configuration"))
    }

    static func item() throws -> RecordItem {
        RecordItem(
            recordID: hash("record"), serial: try serial(), sequence: 17, bytes: [1, 2, 3], received: time(2),
            link: .udp, trust: .attested, subject: nil, backfilled: false, clockOffsetMilliseconds: -1250)
    }

    static func gap() throws -> Gap {
        Gap(serial: try serial(), first: 15, last: 16, reason: .refused, noticed: time(1), detail: "signature")
    }

    static func deviceEvent() throws -> DeviceEvent {
        DeviceEvent(serial: try serial(), type: "battery-low", time: time(4), detail: "9 %")
    }

    static func firmwareEvent() throws -> FirmwareEvent {
        FirmwareEvent(serial: try serial(), type: "installed", time: time(4), detail: "1.4.2", evidence: evidence)
    }

    static let actor = AuditActor(component: "session", userID: 1000, remoteCommand: "command-1")
    static let firstEntry = AuditEntry.sealing(
        sequence: 1, previousHash: .zero, type: .start, actor: actor, subject: "corhub", outcome: "ok", time: time())
    static let secondEntry = AuditEntry.sealing(
        sequence: 2, previousHash: firstEntry.hash, type: .recordReceived, actor: actor, subject: "COR1-000042",
        outcome: "ok", time: time(2), detail: "17")
    static let software = SoftwareIdentity(
        version: "0.1.0", buildHash: [1], configurationHash: hash("configuration"), sandbox: .partial)

    static func batch() throws -> Batch {
        Batch(
            hubID: try hub(), epoch: try epoch(), sequence: 2, previousHash: hash("batch 1"), records: [try item()],
            gaps: [try gap()], results: [try result()], firmwareEvents: [try firmwareEvent()],
            deviceEvents: [try deviceEvent()], audit: [firstEntry, secondEntry], software: software, cut: time(5),
            keyProtection: .tpm)
    }

    static func receipt() throws -> Receipt {
        Receipt(
            hubID: try hub(), epoch: try epoch(), sequence: 2, batchHash: hash("batch 2"), logID: hash("log"),
            inclusion: [1], upstreamMilliseconds: 1_772_366_409_000, status: .accepted, reason: nil, nextSequence: 3)
    }

    static let model = ModelRelease(
        algorithm: "corhub.esr", revision: 3, profile: "short-60/2", shiftMaxHundredths: 300, hash: hash("weights"),
        bytes: Array("weights".utf8))

    static func recalls() throws -> RecallList {
        RecallList(
            number: 7, signedMilliseconds: 1_772_366_409_000,
            recalls: [DeviceRecall(serial: try serial(), state: .suspended, reason: "sensor check")])
    }

    static let entry = RecordEntry(sequence: 17, length: 700, kind: .sedimentationRun, hash: hash("bytes"))
    static let proof = InclusionProof(treeSize: 7, leafIndex: 6, path: [hash("a"), hash("b")])

    /// By rule of the CDDL.
    static func all() throws -> [String: Shape] {
        try recordShapes().merging(batchShapes()) { $1 }.merging(group64Shapes()) { $1 }
    }

    private static func recordShapes() throws -> [String: Shape] {
        [
            "record-payload": try payload(), "device-time": deviceTime, "sedimentation-run": run,
            "cartridge": cartridge, "geometry": geometry, "start-event": start, "trace": trace,
            "self-test-record": selfTest, "self-test-item": selfTestItem, "log-excerpt": log,
            "attestation-payload": try attestation(), "device-state": state, "slot-image": slotImage,
            "slot-state": SlotState.marked, "undone-image": undone, "record-kind": RecordKind.logExcerpt,
            "end-reason": EndReason.fault, "sha256": hash("hash"), "serial": try serial(), "hub-id": try hub(),
            "subject-id": try subject(), "epoch": try epoch(), "link-kind": LinkKind.ble, "time-block": time(),
            "clock-sync": ClockSync.stepped,
        ]
    }

    private static func batchShapes() throws -> [String: Shape] {
        [
            "batch": try batch(), "merkle-root": try batch().merkleRoot, "record-item": try item(),
            "trust": DeviceTrustLevel.linkOnly, "gap": try gap(), "gap-reason": GapReason.lost,
            "result": try result(), "algorithm": algorithm, "esr-output": output, "esr-status": ESRStatus.final,
            "esr-interval": interval, "esr-comparator": ESRComparator.greater, "firmware-event": try firmwareEvent(),
            "device-evidence": evidence, "device-event": try deviceEvent(), "software": software,
            "key-protection": KeyProtection.credential,
            "sandbox-state": SandboxState.inForce,
            "audit-entry": firstEntry, "audit-actor": actor, "audit-type": AuditType.prune, "receipt": try receipt(),
            "receipt-status": ReceiptStatus.acceptedWithGaps, "inclusion-proof": proof, "model": model,
            "recalls": try recalls(), "recall": try recalls().recalls[0], "recall-state": RecallState.revoked,
        ]
    }

    private static func group64Shapes() throws -> [String: Shape] {
        let hub = try hub()
        return [
            "empty": EmptyMessage(),
            "identity-response": IdentityResponse(
                serial: try serial(), model: "COR One", hardwareRevision: "C", firmwareVersion: "1.4.2",
                profileVersion: 1, bootCounter: 3, certificateChain: [[1], [2]], capabilities: ["esr", "live"]),
            "attest-request": AttestRequest(nonce: Array(0..<32), hub: hub, link: .serial, wantsState: true),
            "attest-response": AttestResponse(attestation: [1]),
            "clock-set-request": ClockSetRequest(wallMilliseconds: 5),
            "clock-response": ClockResponse(wallMilliseconds: nil, uptimeMilliseconds: 90_000),
            "owner-change-request": OwnerChangeRequest(operation: .claim, hub: hub),
            "owner-response": OwnerResponse(state: .owned, owner: hub),
            "owner-operation": OwnerOperation.release, "owner-state": OwnerState.awaitingButton,
            "record-list-request": RecordListRequest(afterSequence: 16, countMax: 8),
            "record-list-response": RecordListResponse(records: [entry], hasMore: false), "record-entry": entry,
            "record-read-request": RecordReadRequest(sequence: 17, offset: 512, lengthMax: 512),
            "record-read-response": RecordReadResponse(offset: 512, data: [1, 2], recordLength: 514),
            "record-acknowledge-request": RecordAcknowledgeRequest(upToSequence: 17, proof: .of([1])),
            "record-acknowledge-response": RecordAcknowledgeResponse(upToSequence: 17),
            "live-request": LiveRequest(isOn: true), "live-response": LiveResponse(isOn: false),
            "status-response": StatusResponse(
                batteryPercent: 100, hasExternalPower: true, temperatureMillidegrees: -5, isRunning: true,
                cartridge: "CRT-1", faults: ["tilt"], pendingCount: 1, newestSequence: 17),
            "identify-request": IdentifyRequest(seconds: 60), "self-test-response": SelfTestResponse(passed: true),
            "live-event": LiveEvent(
                run: "CRT-1", index: 7, fallMicrometres: nil, temperatureMillidegrees: 24_000, tiltMillidegrees: 300,
                samplePeriodMilliseconds: 5000),
            "record-ready-event": RecordReadyEvent(sequence: 17), "state-change": StateChange.button,
            "state-changed-event": StateChangedEvent(what: .fault),
        ]
    }
}
