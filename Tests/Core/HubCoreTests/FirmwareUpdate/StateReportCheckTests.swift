import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import SMPProtocol
import Testing

@Suite("A device's state report")
struct StateReportCheckTests {
    private let device: TestDevice
    private let hub: HubID
    private let nonce = [UInt8](repeating: 9, count: 32)
    private let running = SHA256Hash.of([1])

    init() throws {
        device = try TestDevice()
        hub = try #require(HubID("hub-0001"))
    }

    private var check: StateReportCheck {
        StateReportCheck(
            nonce: nonce, hub: hub, link: .usb, serial: device.serial, key: .p256(device.key.publicKey),
            certificateThumbprint: .of(device.chain[0]))
    }

    private var state: DeviceState {
        DeviceState(
            running: SlotImage(hash: running, version: "1.0.0", state: .confirmed), spare: nil, securityCounter: 3,
            imageLengthMax: 1_000, uptimeMilliseconds: 5)
    }

    private func payload(_ change: (inout AttestationPayload) -> Void = { _ in }) -> AttestationPayload {
        var payload = AttestationPayload(
            nonce: nonce, hub: hub, serial: device.serial, link: .usb, bootCounter: 1, state: state)
        change(&payload)
        return payload
    }

    private func signed(
        _ payload: AttestationPayload, by key: P256.Signing.PrivateKey? = nil, certificate: [UInt8]? = nil
    ) throws -> [UInt8] {
        try SignedAttestation.signing(
            payload, certificate: certificate ?? device.chain[0], signer: P256COSESigner(key ?? device.key)
        ).bytes
    }

    private func finding(_ bytes: [UInt8], runs hash: SHA256Hash? = nil) -> StateReportCheck.Finding {
        check.finding(on: bytes, by: device.identity, runningHash: (hash ?? running).bytes)
    }

    @Test("One that is signed over this nonce, for this hub, by this device counts as it came")
    func sound() throws {
        let bytes = try signed(payload())
        #expect(
            finding(bytes)
                == .verified(state, DeviceEvidence(attestation: bytes, certificateChain: device.chain)))
    }

    @Test("Threat 10, forged: another key, another certificate, a flipped bit")
    func forged() throws {
        #expect(
            finding(try signed(payload(), by: P256.Signing.PrivateKey())) == .refused(code: "signature-invalid"))
        #expect(finding(try signed(payload(), certificate: [7])) == .refused(code: "certificate-differs"))
        var flipped = try signed(payload())
        flipped[flipped.count - 1] ^= 1
        #expect(finding(flipped) == .refused(code: "signature-invalid"))
        #expect(finding([0xA0]) == .refused(code: "malformed"))
    }

    @Test("Threat 10, replayed: each field that binds it is looked at")
    func replayed() throws {
        let other = try #require(DeviceSerial("COR1-0002")), neighbour = try #require(HubID("hub-0002"))
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(finding(try signed(payload { $0.nonce = zeros })) == .refused(code: "nonce-differs"))
        #expect(finding(try signed(payload { $0.hub = neighbour })) == .refused(code: "hub-differs"))
        #expect(finding(try signed(payload { $0.serial = other })) == .refused(code: "serial-differs"))
        #expect(finding(try signed(payload { $0.link = .ble })) == .refused(code: "link-differs"))
        #expect(finding(try signed(payload { $0.bootCounter = 2 })) == .refused(code: "boot-counter-differs"))
        #expect(finding(try signed(payload { $0.state = nil })) == .refused(code: "state-missing"))
    }

    @Test("It names the image that image management lists, or it counts for nothing")
    func image() throws {
        #expect(finding(try signed(payload()), runs: .of([2])) == .refused(code: "image-differs"))
    }

    @Test("A step asks for it behind images and identity; a refusal leaves the look as it is")
    func step() throws {
        let slots = [
            ImageSlot(slot: 0, version: "1.0.0", hash: running.bytes, isConfirmed: true, isActive: true)
        ]
        let bytes = try signed(payload())
        let answers: [([UInt8], StateReportCheck.Finding)] = [
            (AttestResponse(attestation: bytes).encoded(), finding(bytes)),
            (SMPFailure(group: 64, code: 6).payload(version: .v2).encoded(), .refused(code: "busy")),
        ]
        for (answer, expected) in answers {
            var run = FirmwareStepRun(.inspect, report: check) { $0 }
            var effects = run.handle(.started)
            for payload in [ImageStateResponse(slots: slots).payload.encoded(), device.identity.encoded(), answer] {
                guard case .submit(let request)? = effects.first else { return #expect(Bool(false)) }
                let message = SMPMessage(
                    operation: request.operation.response, group: request.group, sequence: 0,
                    command: request.command, payload: payload)
                effects = run.handle(.finished(request.id, .success(message)))
            }
            #expect(
                effects == [
                    .end(
                        .success(
                            .inspected(FirmwareInspection(slots: slots, identity: device.identity, report: expected))))
                ])
        }
    }
}
