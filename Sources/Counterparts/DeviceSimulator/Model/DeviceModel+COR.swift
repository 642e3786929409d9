import CBORCoding
import CORProtocol
import COSESigning
import SMPProtocol

/// Group 64: COR One's own. firmware-specs/cddl/group64.cddl.
extension DeviceModel {
    mutating func respondCOR(
        to message: SMPMessage, at now: Duration, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> SMPMessage {
        guard let command = CORCommand(rawValue: message.header.command) else { throw SMPFailure(.notSupported) }
        switch (command, message.header.operation) {
        case (.identity, .read):
            _ = try message.shape(EmptyMessage.self)
            return message.answered(identityResponse)
        case (.attest, .write):
            return message.answered(try attest(message.shape(AttestRequest.self), at: now, effects: &effects))
        case (.clock, .read):
            _ = try message.shape(EmptyMessage.self)
            return message.answered(clockResponse(at: now))
        case (.clock, .write):
            let request = try message.shape(ClockSetRequest.self)
            let before = clockResponse(at: now)
            setClock(to: request.wallMilliseconds, at: now, effects: &effects)
            return message.answered(before)
        case (.owner, .read):
            _ = try message.shape(EmptyMessage.self)
            return message.answered(ownerResponse)
        case (.owner, .write):
            try changeOwner(message.shape(OwnerChangeRequest.self), at: now, effects: &effects)
            return message.answered(ownerResponse)
        case (.recordList, .read):
            return message.answered(listRecords(try message.shape(RecordListRequest.self), effects: &effects))
        case (.recordRead, .read):
            return message.answered(try readRecord(message.shape(RecordReadRequest.self), effects: &effects))
        case (.recordAcknowledge, .write):
            return message.answered(
                try acknowledge(try message.shape(RecordAcknowledgeRequest.self), effects: &effects))
        case (.live, .write):
            isLive = try message.shape(LiveRequest.self).isOn
            effects.append(.report(.live(isOn: isLive)))
            return message.answered(LiveResponse(isOn: isLive))
        case (.status, .read):
            _ = try message.shape(EmptyMessage.self)
            return message.answered(statusResponse)
        case (.identify, .write):
            effects.append(.report(.identify(seconds: try message.shape(IdentifyRequest.self).seconds)))
            return message.answered(EmptyMessage())
        case (.selfTest, .write):
            _ = try message.shape(EmptyMessage.self)
            return message.answered(try selfTest(at: now, effects: &effects))
        case (.identity, _), (.attest, _), (.clock, _), (.owner, _), (.recordList, _), (.recordRead, _),
            (.recordAcknowledge, _), (.live, _), (.status, _), (.identify, _), (.selfTest, _), (.liveSample, _),
            (.recordReady, _), (.stateChanged, _):
            throw SMPFailure(.notSupported)
        }
    }

    // MARK: - Identity

    private var identityResponse: IdentityResponse {
        IdentityResponse(
            serial: setup.identity.serial, model: setup.model, hardwareRevision: setup.hardwareRevision,
            firmwareVersion: images.primary.version, profileVersion: CORTransport.profileVersion,
            bootCounter: bootCounter, certificateChain: faults.isOn(.noCertificate) ? [] : [shownCertificate],
            capabilities: setup.capabilities)
    }

    /// The certificate that the device shows for its own.
    var shownCertificate: [UInt8] {
        if faults.isOn(.badCertificate) { return setup.identity.untrustedCertificate }
        if faults.isOn(.otherSerial) { return setup.identity.otherSerialCertificate }
        return setup.identity.certificate
    }

    var signer: P256COSESigner { P256COSESigner(setup.identity.key) }

    // MARK: - Clock and ownership

    private func clockResponse(at now: Duration) -> ClockResponse {
        ClockResponse(
            wallMilliseconds: wallMillisecondsShown(at: now), uptimeMilliseconds: clock.uptimeMilliseconds(at: now))
    }

    private var ownerResponse: OwnerResponse {
        switch ownership.state {
        case .free: OwnerResponse(state: .free, owner: nil)
        case .awaitingButton(let hub, _): OwnerResponse(state: .awaitingButton, owner: hub)
        case .owned(let hub): OwnerResponse(state: .owned, owner: hub)
        }
    }

    private mutating func changeOwner(
        _ request: OwnerChangeRequest, at now: Duration, effects: inout [DeviceEffect]
    ) throws(SMPFailure) {
        let before = ownership.state
        do throws(Ownership.Refusal) {
            switch request.operation {
            case .claim: try ownership.claimRequested(by: request.hub, at: now)
            case .release: try ownership.releaseRequested(by: request.hub)
            }
        } catch {
            switch error {
            case .notOwner: throw CORReturnCode.notOwner.failure
            case .ownedByAnother: throw CORReturnCode.ownedByAnother.failure
            case .busy: throw CORReturnCode.busy.failure
            }
        }
        guard ownership.state != before else { return }
        switch ownership.state {
        case .awaitingButton:
            buttonDeadline = setup.buttonDelay.map { now + $0 }
            effects.append(.report(.claimed(by: request.hub)))
        case .free:
            released(effects: &effects)
        case .owned:
            break  // Only the button makes an owner.
        }
    }

    mutating func pressButton(effects: inout [DeviceEffect]) {
        buttonDeadline = nil
        guard let owner = ownership.buttonPressed() else { return changed(.button, effects: &effects) }
        effects += [.persist(snapshot), .report(.owned(by: owner))]
        changed(.button, effects: &effects)
        changed(.owner, effects: &effects)
    }

    mutating func released(effects: inout [DeviceEffect]) {
        buttonDeadline = nil
        effects += [.persist(snapshot), .report(.released)]
        changed(.owner, effects: &effects)
    }

    // MARK: - Status

    private var statusResponse: StatusResponse {
        let temperature = measurement?.liveEvent(at: 0).temperatureMillidegrees ?? 21_500
        return StatusResponse(
            batteryPercent: batteryPercent, hasExternalPower: hasExternalPower, temperatureMillidegrees: temperature,
            isRunning: measurement != nil, cartridge: measurement?.cartridge.id, faults: brokenPart.map { [$0] } ?? [],
            pendingCount: UInt64(records.records.count), newestSequence: records.newestSequence)
    }

    private mutating func selfTest(
        at now: Duration, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> SelfTestResponse {
        guard measurement == nil else { throw CORReturnCode.busy.failure }
        // An image on trial may be the one that breaks the device.
        let isTrialBroken = !images.memory.isConfirmed && faults.isOn(.trialSelfTest)
        let broken = isTrialBroken ? "optics" : brokenPart
        let items = ["optics", "tilt", "temperature", "storage"].map { name in
            SelfTestItem(name: name, passed: name != broken, reason: name == broken ? "broken on request" : nil)
        }
        let passed = items.allSatisfy(\.passed)
        closeRecord(.selfTest(SelfTestRecord(passed: passed, items: items)), of: nil, at: now, effects: &effects)
        effects.append(.report(.selfTest(passed: passed)))
        return SelfTestResponse(passed: passed)
    }
}

extension CORReturnCode {
    var failure: SMPFailure {
        SMPFailure(group: SMPGroup.cor, code: rawValue)
    }
}

extension SMPFailure {
    /// Version 1 has one number for every error; for group 64 it is the group's own.
    func shaped(for version: SMPVersion) -> SMPFailure {
        version == .v1 && group == SMPGroup.cor ? SMPFailure(code: code, reason: reason) : self
    }
}

extension SMPMessage {
    /// The request of group 64 in this message, or the refusal that the device answers with. An empty payload is the
    /// empty map.
    func shape<Shape: CBORShape>(_ type: Shape.Type) throws(SMPFailure) -> Shape {
        do throws(CBORError) {
            let emptyMap: [UInt8] = [0xA0]
            return try Shape(decoding: payload.isEmpty ? emptyMap : payload, mode: .tolerant)
        } catch {
            throw CORReturnCode.invalid.failure
        }
    }

    func answered(_ shape: some CBORShape) -> SMPMessage {
        SMPMessage(
            version: header.version, operation: header.operation.response, group: header.group,
            sequence: header.sequence, command: header.command, payload: shape.encoded())
    }
}

extension [UInt8] {
    /// The signature is the last item of a COSE_Sign1: one flipped bit, and it no longer verifies.
    mutating func spoilSignature() {
        self[count - 1] ^= 1
    }
}
