import CORProtocol
import COSESigning
import HubCore
import JSONCoding

/// A state report that was kept, judged again: by the makers' authorities and for this hub.
struct StateReportTrace {
    let hub: HubID
    let devices: any DeviceCertificateVerifying

    func json(_ evidence: DeviceEvidence, of serial: DeviceSerial, at time: TimeBlock) async -> JSONValue {
        guard let attestation = SignedAttestation(ifSound: evidence.attestation), let state = attestation.payload.state
        else { return ["outcome": .string("broken"), "detail": .string("it cannot be read"), "state": .null] }
        let fault = await fault(in: attestation, evidence, of: serial, at: time)
        return [
            "outcome": .string(fault == nil ? "holds" : "broken"),
            "detail": .string(fault ?? "ES256 by the device's key, for this hub"),
            "state": state.json(attestation.payload.bootCounter),
        ]
    }

    /// What is wrong with it; nil where it holds.
    private func fault(
        in attestation: SignedAttestation, _ evidence: DeviceEvidence, of serial: DeviceSerial, at time: TimeBlock
    ) async -> String? {
        let moment = time.sync == .never ? nil : time.wallMilliseconds
        switch await devices.verdict(onChain: evidence.certificateChain, at: moment) {
        case .refused(let reason): return "its certificate: \(reason.description)"
        case .trusted(let certificate):
            guard certificate.serial == serial, attestation.payload.serial == serial else {
                return "it is another device's"
            }
            guard let key = COSEPublicKey(x963P256: certificate.publicKey), attestation.verdict(key: key) == .valid
            else { return "the device did not sign it" }
            return attestation.payload.hub == hub ? nil : "it is for another hub"
        }
    }
}

extension DeviceState {
    fileprivate func json(_ bootCounter: UInt32) -> JSONValue {
        [
            "running": running.json, "spare": spare?.json ?? .null,
            "security_counter": .integer(Int64(securityCounter)), "image_length_max": .integer(Int64(imageLengthMax)),
            "boot": .integer(Int64(bootCounter)), "uptime_ms": .integer(Int64(clamping: uptimeMilliseconds)),
            "undone": undone.map { ["image": .string($0.hash.hex), "reason": .string($0.reason)] } ?? .null,
        ]
    }
}

extension SlotImage {
    fileprivate var json: JSONValue {
        let state =
            switch state {
            case .confirmed: "confirmed"
            case .onTrial: "on-trial"
            case .marked: "marked"
            case .idle: "idle"
            }
        return ["image": .string(hash.hex), "version": .string(version), "state": .string(state)]
    }
}
