import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import DeviceSimulator
import FoundationEssentials
import SMPProtocol
import SwiftASN1
import Testing
import X509

@Suite("What a hub asks of the device")
struct SessionTests {
    @Test("The identity names serial, profile and boot counter, and shows the certificate")
    func identity() throws {
        var bench = try DeviceBench()
        let identity = try bench.ask(.read, .identity, for: IdentityResponse.self)
        #expect(identity.serial.text == "COR1-TEST-0001")
        #expect(identity.profileVersion == 1)
        #expect(identity.bootCounter == 1)
        #expect(identity.certificateChain == [bench.identity.certificate])
    }

    @Test("The certificate names the serial, is no authority, and its authority vouches for it")
    func certificate() throws {
        let authority = try DeviceAuthority()
        let serial = try #require(DeviceSerial("COR1-TEST-0002"))
        let identity = try DeviceIdentity(serial: serial, authority: authority)
        let certificate = try Certificate(derEncoded: identity.certificate)
        #expect("\(certificate.subject)".contains("CN=COR1-TEST-0002"))
        #expect(authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
        let untrusted = try Certificate(derEncoded: identity.untrustedCertificate)
        #expect(!authority.certificate.publicKey.isValidSignature(untrusted.signature, for: untrusted))
    }

    @Test("An authority read back from its files vouches as before, and a foreign key is refused")
    func authorityFiles() throws {
        let authority = try DeviceAuthority()
        let again = try DeviceAuthority(certificatePEM: authority.certificatePEM, keyPEM: authority.keyPEM)
        #expect(again.certificate == authority.certificate)
        #expect(throws: DeviceAuthorityError.keyOfAnotherCertificate) {
            try DeviceAuthority(certificatePEM: authority.certificatePEM, keyPEM: DeviceAuthority().keyPEM)
        }
    }

    @Test("The attestation is over the nonce, the hub, the serial, the link and the boot counter")
    func attestation() throws {
        var bench = try DeviceBench()
        let nonce = [UInt8](1...32)
        let response = try bench.ask(
            .write, .attest, AttestRequest(nonce: nonce, hub: DeviceBench.hub, link: .usb), for: AttestResponse.self)
        let attestation = try SignedAttestation(decoding: response.attestation)
        #expect(attestation.verdict(key: bench.key) == .valid)
        #expect(
            attestation.payload
                == AttestationPayload(
                    nonce: nonce, hub: DeviceBench.hub, serial: bench.identity.serial, link: .udp, bootCounter: 1))
        #expect(attestation.certificateThumbprint == Array(SHA256.hash(data: bench.identity.certificate)))
    }

    @Test("The clock is unset at first, answers a write with what was before, and goes on over a restart")
    func clock() throws {
        var bench = try DeviceBench { $0.speed = 1 }
        #expect(
            try bench.ask(.read, .clock, for: ClockResponse.self)
                == ClockResponse(wallMilliseconds: nil, uptimeMilliseconds: 0))
        _ = bench.pass(.seconds(2))
        let set = ClockSetRequest(wallMilliseconds: 1_900_000_000_000)
        #expect(
            try bench.ask(.write, .clock, set, for: ClockResponse.self)
                == ClockResponse(wallMilliseconds: nil, uptimeMilliseconds: 2_000))
        _ = bench.perform(.reboot)
        _ = bench.pass(.seconds(1))
        #expect(
            try bench.ask(.read, .clock, for: ClockResponse.self)
                == ClockResponse(wallMilliseconds: 1_900_000_001_000, uptimeMilliseconds: 700))
    }

    @Test("Live samples come only to who asked, one a sample, and stop on request")
    func live() throws {
        var bench = try DeviceBench()
        func samples(_ effects: [DeviceEffect]) throws -> [LiveEvent] {
            try events(effects).filter { $0.header.command == CORCommand.liveSample.rawValue }.map {
                try LiveEvent(decoding: $0.payload)
            }
        }
        _ = bench.perform(.run(artefact: .none, minutes: 30, seed: nil))
        #expect(try samples(bench.pass(.seconds(1))).isEmpty)
        #expect(try bench.ask(.write, .live, LiveRequest(isOn: true), for: LiveResponse.self).isOn)
        let second = try samples(bench.pass(.seconds(1)))
        #expect(second.map(\.index) == Array(121...240))
        #expect(second.allSatisfy { $0.run == "COR1-TEST-0001-C1" && $0.samplePeriodMilliseconds == 5_000 })
        #expect(try !bench.ask(.write, .live, LiveRequest(isOn: false), for: LiveResponse.self).isOn)
        #expect(try samples(bench.pass(.seconds(1))).isEmpty)
    }

    @Test("Events are read responses of group 64 with a count of their own")
    func eventForm() throws {
        var bench = try DeviceBench()
        try bench.makeRun()
        let seen = try events(bench.effects)
        #expect(seen.map(\.header.sequence) == Array(0..<UInt8(seen.count)))
        #expect(seen.allSatisfy { $0.header.operation == .readResponse && $0.header.group == SMPGroup.cor })
        #expect(
            seen.map(\.header.command) == [
                CORCommand.stateChanged.rawValue, CORCommand.recordReady.rawValue, CORCommand.stateChanged.rawValue,
            ])
    }

    @Test("The status tells of battery, run, cartridge and records")
    func status() throws {
        var bench = try DeviceBench()
        try bench.makeRun()
        _ = bench.perform(.battery(percent: 20, hasExternalPower: false))
        _ = bench.perform(.run(artefact: .none, minutes: 30, seed: nil))
        let status = try bench.ask(.read, .status, for: StatusResponse.self)
        #expect(status.batteryPercent == 20 && !status.hasExternalPower)
        #expect(status.isRunning && status.cartridge == "COR1-TEST-0001-C2")
        #expect(status.pendingCount == 1 && status.newestSequence == 1)
    }

    @Test("A self-test makes a record, and fails on a broken part")
    func selfTest() throws {
        var bench = try DeviceBench()
        #expect(try bench.ask(.write, .selfTest, for: SelfTestResponse.self).passed)
        _ = bench.perform(.breakPart("optics"))
        #expect(try !bench.ask(.write, .selfTest, for: SelfTestResponse.self).passed)
        #expect(try bench.ask(.read, .status, for: StatusResponse.self).faults == ["optics"])
        #expect(try bench.list().records.map(\.kind) == [.selfTest, .selfTest])
    }

    @Test("What is malformed or unknown in group 64 is refused, in the shape of the request's version")
    func refusals() throws {
        var bench = try DeviceBench()
        var request = bench.request(.write, .identify, IdentifyRequest(seconds: 61))
        #expect(
            try answers(bench.hand(request)).first?.decodePayload() == ["err": ["rc": 7, "group": 64]])
        request.header.version = .v1
        #expect(try answers(bench.hand(request)).first?.decodePayload() == ["rc": 7])
        let unknown = SMPMessage(operation: .read, group: 64, sequence: 9, command: 77, payload: [])
        #expect(try answers(bench.hand(unknown)).first?.decodePayload() == ["rc": 8])
        let elsewhere = SMPMessage(operation: .read, group: 9, sequence: 9, command: 0, payload: [])
        #expect(try answers(bench.hand(elsewhere)).first?.decodePayload() == ["rc": 8])
    }

    @Test("What is no request gets no answer")
    func noRequest() throws {
        var bench = try DeviceBench()
        let response = SMPMessage(operation: .readResponse, group: 0, sequence: 0, command: 0, payload: [0xA0])
        for bytes in [[], [1, 2, 3], response.encoded(), [UInt8](repeating: 0xFF, count: 64)] {
            #expect(try answers(bench.model.handle(request: bytes, at: .zero)).isEmpty)
        }
    }
}
