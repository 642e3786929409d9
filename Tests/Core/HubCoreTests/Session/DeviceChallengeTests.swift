import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import SMPProtocol
import Testing

@Suite("A device proves who it is")
struct DeviceChallengeTests {
    private typealias Reply = SessionBench.Reply

    private let hub: HubID
    private let nonce = SessionBench.nonce

    init() throws {
        hub = try #require(HubID("hub-0001"))
    }

    /// Plays a session whose device answers the challenge with these bytes, and expects that it goes no further.
    private func expectRefusal(
        of attestation: (TestDevice) throws -> [UInt8], as refusal: SessionRefusal,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var bench = try SessionBench(TestDevice())
        let device = bench.device
        let response = AttestResponse(attestation: try attestation(device))
        try bench.open { $0.asks(.attest) ? .event(.answered(payload: response.encoded())) : .usual }
        expectEnd(of: bench, as: refusal, sourceLocation: sourceLocation)
    }

    /// The session ended with this refusal, left its trace, and asked nothing more of the device.
    private func expectEnd(
        of bench: SessionBench, as refusal: SessionRefusal, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let address = "udp://127.0.0.1:1337"
        let audit = AuditDraft(
            .certificateRefused, actor: .deviceSession, subject: address, outcome: .refused, time: bench.now,
            detail: "\(refusal.code): \(refusal.explanation)")
        #expect(
            bench.effects.suffix(3) == [
                .audit(audit), .publish(.deviceRefused(address: address, refusal: refusal)), .close(.refused(refusal)),
            ], sourceLocation: sourceLocation)
        #expect(!bench.commands.contains(.clock), sourceLocation: sourceLocation)
        #expect(bench.stored.isEmpty, sourceLocation: sourceLocation)
    }

    @Test("An honest device is identified, judged, challenged, remembered and only then worked with")
    func honest() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open()
        #expect(bench.commands == [.identity, .attest, .owner, .clock, .clock, .status, .recordList])
        #expect(bench.isWaiting)
        let attested = try #require(bench.effects.firstIndex { if case .recall = $0 { true } else { false } })
        let judged = try #require(bench.effects.firstIndex { if case .judgeCertificate = $0 { true } else { false } })
        #expect(judged < attested)
        #expect(bench.auditDetails == ["attested over udp"])
        let serial = bench.device.serial
        #expect(
            bench.effects.contains(
                .publish(
                    .deviceConnected(serial: serial, link: .udp, address: "udp://127.0.0.1:1337", trust: .attested))))
    }

    @Test("The challenge names the nonce, this hub and the link that the hub sees")
    func challenge() throws {
        var bench = try SessionBench(TestDevice())
        let asked = try bench.open { $0.asks(.attest) ? .stop : .usual }
        let request = AttestRequest(nonce: nonce, hub: hub, link: .udp)
        #expect(asked == .request(.write, .attest, payload: request.encoded()))
    }

    @Test("A replayed attestation is refused: it answers another nonce")
    func replayed() throws {
        try expectRefusal(
            of: { try $0.attestation(nonce: [UInt8](repeating: 1, count: 32), hub: hub, link: .udp).bytes },
            as: .attestationDiffers(field: "nonce"))
    }

    @Test("An attestation that was made for another hub is refused: nobody relays a challenge")
    func relayed() throws {
        let other = try #require(HubID("hub-0002"))
        try expectRefusal(
            of: { try $0.attestation(nonce: nonce, hub: other, link: .udp).bytes },
            as: .attestationDiffers(field: "hub"))
    }

    @Test("An attestation that names another serial number is refused")
    func otherSerial() throws {
        let other = try #require(DeviceSerial("COR1-0002"))
        try expectRefusal(
            of: { try $0.attestation(nonce: nonce, hub: hub, link: .udp, serial: other).bytes },
            as: .attestationDiffers(field: "serial"))
    }

    @Test("An attestation over another kind of link is refused: the device is not where the hub talks to it")
    func otherLink() throws {
        for link in [LinkKind.usb, .ble, .serial] {
            try expectRefusal(
                of: { try $0.attestation(nonce: nonce, hub: hub, link: link).bytes },
                as: .attestationDiffers(field: "link kind"))
        }
    }

    @Test("A device that shows another's certificate is refused: it does not have the key")
    func borrowedCertificate() throws {
        try expectRefusal(
            of: { try $0.attestation(nonce: nonce, hub: hub, link: .udp, key: P256.Signing.PrivateKey()).bytes },
            as: .attestationSignatureInvalid)
    }

    @Test("A record is no attestation, and neither is garbage")
    func otherMessages() throws {
        try expectRefusal(of: { try $0.record(1).bytes }, as: .malformedAttestation)
        try expectRefusal(of: { _ in [0xD2, 0x84, 0x40] }, as: .malformedAttestation)
        try expectRefusal(of: { _ in [UInt8](repeating: 0xFF, count: 64) }, as: .malformedAttestation)
    }

    @Test("An attestation with any one byte changed is refused")
    func everyByte() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open { $0.asks(.attest) ? .stop : .usual }
        let good = try bench.device.attestation(nonce: nonce, hub: hub, link: .udp).bytes
        for index in good.indices {
            var bytes = good
            bytes[index] ^= 0x01
            var attempt = bench
            attempt.tell(.answered(payload: AttestResponse(attestation: bytes).encoded()))
            guard case .refused? = attempt.end else {
                Issue.record("byte \(index) may be changed")
                continue
            }
        }
        bench.tell(.answered(payload: AttestResponse(attestation: good).encoded()))
        #expect(bench.end == nil)
    }

    @Test("A device that does not answer the challenge's terms is refused")
    func challengeRefused() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open { $0.asks(.attest) ? .event(.refusedByDevice(code: 7)) : .usual }
        expectEnd(of: bench, as: .malformedAttestation)
    }

    @Test("Threats 1, 3: a device that leaves its certificate away cannot speak for a serial number that proved itself")
    func withheldCertificate() throws {
        var device = try TestDevice()
        device.chain = []
        try device.close(1...2)
        var bench = try SessionBench(device, allowsUncertified: true)
        bench.wasAttested = true
        try bench.open()
        expectEnd(of: bench, as: .certificateWithheld)
        #expect(bench.commands == [.identity])

        // The same device, never seen with a certificate, is worked with by configuration, and marked so.
        var unknown = try SessionBench(device, allowsUncertified: true)
        try unknown.open()
        #expect(unknown.stored.map(\.sequence) == [1, 2])
        // One that shows its certificate is not affected.
        var attested = try SessionBench(TestDevice())
        attested.wasAttested = true
        try attested.open()
        #expect(attested.isWaiting)
    }

    @Test("A certificate that does not lead to a maker's authority ends the session before any challenge")
    func untrustedCertificate() throws {
        for refusal in [DeviceCertificateRefusal.untrusted, .notValidAtTime, .wrongUsage] {
            var bench = try SessionBench(TestDevice())
            try bench.open { effect in
                if case .judgeCertificate = effect { .event(.certificateJudged(.refused(refusal))) } else { .usual }
            }
            expectEnd(of: bench, as: .certificateRefused(refusal.description))
            #expect(bench.commands == [.identity])
        }
    }

    @Test("A trusted certificate of another serial number ends the session before any challenge")
    func certificateOfAnother() throws {
        var bench = try SessionBench(TestDevice())
        let other = try TestDevice("COR1-0002")
        try bench.open { effect in
            if case .judgeCertificate = effect {
                .event(.certificateJudged(.trusted(other.certificate)))
            } else {
                .usual
            }
        }
        expectEnd(of: bench, as: .serialDiffersFromCertificate)
        #expect(bench.commands == [.identity])
    }

    @Test("A certificate whose key is no point on the curve is refused")
    func unusableKey() throws {
        var bench = try SessionBench(TestDevice())
        let certificate = DeviceCertificate(
            serial: bench.device.serial, publicKey: [4] + [UInt8](repeating: 0xFF, count: 64), thumbprint: .zero,
            authority: TrustedAuthority(name: "CN=maker", fingerprint: .zero))
        try bench.open { effect in
            if case .judgeCertificate = effect { .event(.certificateJudged(.trusted(certificate))) } else { .usual }
        }
        expectEnd(of: bench, as: .certificateRefused("its key cannot be used"))
    }

    @Test("A device without a certificate is refused unless the configuration allows it")
    func uncertified() throws {
        var device = try TestDevice()
        device.chain = []
        var bench = try SessionBench(device)
        try bench.open()
        expectEnd(of: bench, as: .certificateMissing)
    }

    @Test("Where it is allowed, everything from a device without a certificate is marked link-only")
    func uncertifiedAndAllowed() throws {
        var device = try TestDevice()
        device.chain = []
        try device.close(1...1)
        var bench = try SessionBench(device, allowsUncertified: true)
        try bench.open()
        #expect(!bench.commands.contains(.attest))
        guard case .record(let item, _)? = bench.stored.first?.content else {
            Issue.record("nothing was stored")
            return
        }
        #expect(item.trust == .linkOnly)
    }

    @Test("A device of another profile version, or with an identity that cannot be read, is refused")
    func identity() throws {
        var device = try TestDevice()
        device.profileVersion = 2
        var bench = try SessionBench(device)
        try bench.open()
        expectEnd(of: bench, as: .unsupportedProfile(version: 2))

        for event in [SessionEvent.answered(payload: [0xA0]), .answered(payload: []), .refusedByDevice(code: 8)] {
            var bench = try SessionBench(TestDevice())
            try bench.open { $0.asks(.identity) ? .event(event) : .usual }
            expectEnd(of: bench, as: .malformedIdentity)
        }
    }

    @Test("An identity with indefinite lengths is read, as Zephyr writes it")
    func indefiniteLengths() throws {
        var bench = try SessionBench(TestDevice())
        let definite = bench.device.identity.encoded()
        try #require(definite.first == 0xA8)
        let indefinite = [0xBF] + definite.dropFirst() + [0xFF]
        try bench.open { $0.asks(.identity) ? .event(.answered(payload: indefinite)) : .usual }
        #expect(bench.isWaiting)
    }

    @Test("A device that never answers ends the session as silent, in every state that asks")
    func silent() throws {
        for command in [CORCommand.identity, .attest, .clock, .status, .recordList] {
            var bench = try SessionBench(TestDevice())
            try bench.open { $0.asks(command) ? .event(.unanswered) : .usual }
            #expect(bench.end == .silent, "\(command)")
        }
    }
}
