import CORProtocol
import COSESigning
import SMPProtocol

// firmware-specs/device-behaviour.md, section 2.
extension DeviceModel {
    mutating func attest(
        _ request: AttestRequest, at now: Duration, effects: inout [DeviceEffect]
    ) throws(SMPFailure) -> AttestResponse {
        if request.wantsState, strikes(.replayedState, effects: &effects), let replayed = firstStateReport {
            return AttestResponse(attestation: replayed)
        }
        let isStale = strikes(.staleNonce, effects: &effects)
        var payload = AttestationPayload(
            nonce: isStale ? [UInt8](repeating: 0, count: CORLimits.nonceLength) : request.nonce, hub: request.hub,
            serial: setup.identity.serial, link: requestLink, bootCounter: bootCounter)
        if request.wantsState { payload.state = stateShown(at: now, effects: &effects) }
        do throws(COSEError) {
            var bytes = try SignedAttestation.signing(payload, certificate: shownCertificate, signer: signer).bytes
            if strikes(.badAttestation, effects: &effects) { bytes.spoilSignature() }
            if request.wantsState {
                firstStateReport = firstStateReport ?? bytes
                if strikes(.badState, effects: &effects) { bytes.spoilSignature() }
            }
            return AttestResponse(attestation: bytes)
        } catch {
            throw CORReturnCode.unknown.failure
        }
    }

    private mutating func stateShown(at now: Duration, effects: inout [DeviceEffect]) -> DeviceState {
        var state = images.deviceState(uptime: clock.uptimeMilliseconds(at: now))
        if strikes(.otherImageState, effects: &effects) { state.running.hash = .zero }
        return state
    }
}
