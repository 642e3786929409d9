import CORProtocol
import COSESigning
import SMPProtocol

/// Records: closed by the device, listed, read and acknowledged by the hub.
extension DeviceModel {
    /// Bytes that one entry of the list takes at most: four short keys, two integers, a hash.
    private static let entryLengthMax = 80
    /// Bytes of an answer around the list or the data.
    private static let answerOverhead = 64

    /// Signs a record, makes it durable, and only then tells of it.
    mutating func closeRecord(
        _ body: RecordBody, of measurement: Measurement?, at now: Duration, effects: inout [DeviceEffect]
    ) {
        let payload = RecordPayload(
            serial: setup.identity.serial, bootCounter: bootCounter, sequence: records.nextSequence,
            closed: deviceTime(at: now), body: body)
        let signed: SignedRecord
        do throws(COSEError) {
            signed = try SignedRecord.signing(payload, chain: [shownCertificate], signer: signer)
        } catch {
            effects.append(.report(.commandRefused(reason: "the record cannot be signed: \(error)")))
            return
        }
        var bytes = signed.bytes
        if strikes(.wrongSignature, effects: &effects) { bytes.spoilSignature() }
        let record = StoredRecord(sequence: payload.sequence, kind: body.kind, bytes: bytes)
        let overwritten = records.append(record)
        effects += [.keep(record), .persist(snapshot)]
        if let overwritten {
            effects += [
                .discard(sequences: [overwritten.sequence]),
                .report(.recordOverwritten(sequence: overwritten.sequence)),
            ]
        }
        effects.append(
            .report(
                .recordClosed(
                    sequence: payload.sequence, id: signed.id, kind: body.kind, truth: measurement?.run.truth,
                    artefact: measurement?.run.artefact)))
        notify(.recordReady, RecordReadyEvent(sequence: payload.sequence), effects: &effects)
    }

    func deviceTime(at now: Duration) -> DeviceTime {
        DeviceTime(
            uptimeMilliseconds: clock.uptimeMilliseconds(at: now), wallMilliseconds: wallMillisecondsShown(at: now))
    }

    mutating func listRecords(_ request: RecordListRequest, effects: inout [DeviceEffect]) -> RecordListResponse {
        let fitting = max((setup.messageLengthMax - Self.answerOverhead) / Self.entryLengthMax, 1)
        let countMax = min(request.countMax ?? CORLimits.recordListCountMax, CORLimits.recordListCountMax, fitting)
        let after = faults.isOn(.sequenceBack) ? 0 : request.afterSequence
        let (page, hasMore) = records.list(after: after, countMax: countMax)
        var entries = page.map {
            RecordEntry(sequence: $0.sequence, length: $0.bytes.count, kind: $0.kind, hash: $0.hash)
        }
        if !entries.isEmpty {
            if strikes(.wrongLength, effects: &effects) { entries[0].length += 1 }
            if strikes(.wrongHash, effects: &effects) { entries[0].hash = .zero }
            if strikes(.duplicateRecord, effects: &effects) { entries.insert(entries[0], at: 1) }
        }
        return RecordListResponse(records: entries, hasMore: strikes(.endlessList, effects: &effects) || hasMore)
    }

    mutating func readRecord(
        _ request: RecordReadRequest, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> RecordReadResponse {
        guard let record = records.record(of: request.sequence) else { throw CORReturnCode.noSuchRecord.failure }
        guard request.offset <= record.bytes.count else { throw CORReturnCode.badOffset.failure }
        var end = record.bytes.count
        if faults.isOn(.truncatedRecord), request.offset + 1 < end {
            end = max(end / 2, request.offset)
            if request.offset >= end { _ = strikes(.truncatedRecord, effects: &effects) }
        }
        let room = max(setup.messageLengthMax - Self.answerOverhead, 1)
        let length = min(request.lengthMax ?? room, room, end - request.offset)
        var offset = request.offset
        if strikes(.wrongOffset, effects: &effects) { offset = offset == 0 ? 1 : offset - 1 }
        return RecordReadResponse(
            offset: offset, data: Array(record.bytes[request.offset..<request.offset + length]),
            recordLength: record.bytes.count)
    }

    mutating func acknowledge(
        _ request: RecordAcknowledgeRequest, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> RecordAcknowledgeResponse {
        if let proof = request.proof, comparesProofs, request.upToSequence > records.acknowledgedSequence,
            proof != records.proof(upTo: request.upToSequence)
        {
            throw CORReturnCode.proofDiffers.failure
        }
        let before = records.acknowledgedSequence
        let freed = records.acknowledge(upTo: request.upToSequence)
        if records.acknowledgedSequence != before {
            // What is said to be acknowledged must be so after a restart, too.
            effects += [.persist(snapshot), .discard(sequences: freed)]
            effects.append(.report(.acknowledged(upTo: records.acknowledgedSequence)))
        }
        return RecordAcknowledgeResponse(upToSequence: records.acknowledgedSequence)
    }

    private var comparesProofs: Bool { setup.capabilities.contains(RecordAcknowledgeRequest.proofCapability) }
}
