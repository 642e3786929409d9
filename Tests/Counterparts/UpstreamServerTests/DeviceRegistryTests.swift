import CORProtocol
import COSESigning
import Crypto
import Foundation
import JSONCoding
import Testing
import UpstreamServer

@Suite("Whose each device is, upstream")
struct DeviceRegistryTests {
    private func body(
        of device: TestDevice, for hub: String, serial: DeviceSerial? = nil, key: P256.Signing.PrivateKey? = nil,
        chain: [[UInt8]]? = nil
    ) throws -> [UInt8] {
        let attestation = try SignedAttestation.signing(
            AttestationPayload(
                nonce: [UInt8](repeating: 1, count: 32), hub: try #require(HubID(hub)), serial: serial ?? device.serial,
                link: .usb, bootCounter: 1),
            certificate: device.chain[0], signer: P256COSESigner(key ?? device.key))
        return Self.json(attestation.bytes, chain ?? device.chain)
    }

    private static func json(_ attestation: [UInt8]?, _ chain: [[UInt8]]) -> [UInt8] {
        let value: JSONValue = [
            "attestation": attestation.map { .string(Data($0).base64EncodedString()) } ?? .null,
            "certificate_chain": .array(chain.map { .string(Data($0).base64EncodedString()) }),
        ]
        return Array(value.serialized().utf8)
    }

    private func put(
        _ upstream: TestUpstream, _ body: [UInt8], _ serial: String = "COR1-0001", as identity: Peer.Identity?
    ) async throws -> Peer.Answer {
        try await upstream.peer.send(
            "PUT", "/v1/devices/\(serial)/registration", as: identity, body: body,
            headers: ["content-type": "application/json"])
    }

    private func registry(_ upstream: TestUpstream) throws -> DeviceRegistry {
        try DeviceRegistry(folder: upstream.folder, clock: systemClock)
    }

    @Test("A device is one hub's: the same again is the same, another hub is told no, and after a release it may")
    func oneHub() async throws {
        try await TestUpstream.with { upstream in
            let device = try TestDevice(of: upstream.maker)
            let (_, first) = try await upstream.enrolledHub()
            let (_, second) = try await upstream.enrolledHub("hub-0002")
            let answer = try await put(upstream, try body(of: device, for: "hub-0001"), as: first)
            #expect(answer.status == 200)
            #expect(answer.json["trust"] == "attested")
            let again = try await put(upstream, try body(of: device, for: "hub-0001"), as: first)
            #expect(again.json == answer.json)

            let other = try await put(upstream, try body(of: device, for: "hub-0002"), as: second)
            #expect(other.status == 409)
            #expect(other.errorCode == "registered-elsewhere")
            // The household that has it is none of the other's business.
            #expect(!String(decoding: other.body, as: UTF8.self).contains("hub-0001"))

            // Letting go of what one does not have changes nothing.
            let path = "/v1/devices/COR1-0001/registration"
            #expect(try await upstream.peer.send("DELETE", path, as: second).json["was_registered"] == false)
            #expect(try await put(upstream, try body(of: device, for: "hub-0002"), as: second).status == 409)
            #expect(try await upstream.peer.send("DELETE", path, as: first).json["was_registered"] == true)
            #expect(try await upstream.peer.send("DELETE", path, as: first).status == 200)
            #expect(try await put(upstream, try body(of: device, for: "hub-0002"), as: second).status == 200)
        }
    }

    @Test("Threats 1 and 3: evidence that proves nothing registers nothing")
    func evidence() async throws {
        try await TestUpstream.with { upstream in
            let device = try TestDevice(of: upstream.maker)
            let neighbour = try TestDevice("COR1-0002", of: upstream.maker)
            let (_, hub) = try await upstream.enrolledHub()
            let fakes: [(String, [UInt8])] = [
                ("a chain of another maker", try body(of: TestDevice(of: TestMaker()), for: "hub-0001")),
                (
                    "an expired certificate",
                    try body(of: TestDevice(of: upstream.maker, expires: -3_600), for: "hub-0001")
                ),
                ("an attestation for another hub", try body(of: device, for: "hub-0002")),
                ("another device's attestation", try body(of: neighbour, for: "hub-0001")),
                ("another device's chain", try body(of: device, for: "hub-0001", chain: neighbour.chain)),
                ("another serial number", try body(of: device, for: "hub-0001", serial: neighbour.serial)),
                ("another key", try body(of: device, for: "hub-0001", key: neighbour.key)),
                ("no chain", try body(of: device, for: "hub-0001", chain: [])),
                ("no attestation at all, but bytes", Self.json([0xD2], device.chain)),
            ]
            for (what, body) in fakes {
                let answer = try await put(upstream, body, as: hub)
                #expect(answer.status == 422, "\(what)")
                #expect(answer.errorCode == "evidence-refused", "\(what)")
            }
            #expect(try await registry(upstream).registrations().isEmpty)
            #expect(try await put(upstream, try body(of: device, for: "hub-0001"), as: nil).status == 401)
            #expect(try await put(upstream, try body(of: device, for: "hub-0001"), "no_serial", as: hub).status == 404)
        }
    }

    @Test("What is no registration is refused, whatever it is")
    func malformed() async throws {
        try await TestUpstream.with { upstream in
            let (_, hub) = try await upstream.enrolledHub()
            for text in [
                "", "{}", "[]", "{\"attestation\": 1, \"certificate_chain\": []}",
                "{\"attestation\": \"*\", \"certificate_chain\": []}",
                "{\"attestation\": null, \"certificate_chain\": [1]}",
                "{\"attestation\": null, \"certificate_chain\": [\"\",\"\",\"\",\"\",\"\"]}",
            ] {
                #expect(try await put(upstream, Array(text.utf8), as: hub).status == 400, "\(text)")
            }
            let long = [UInt8](repeating: UInt8(ascii: " "), count: 40_000)
            #expect(try await put(upstream, long, as: hub).status == 413)
        }
    }

    @Test("A recalled device is not registered, and hubs get the list signed, each change under a new number")
    func recalls() async throws {
        try await TestUpstream.with { upstream in
            let device = try TestDevice(of: upstream.maker)
            let (_, hub) = try await upstream.enrolledHub()
            let registry = try registry(upstream)
            let first = try await upstream.peer.send("GET", "/v1/recalls", as: hub)
            let empty = try SignedRecallList(decoding: first.body)
            #expect(empty.list.recalls.isEmpty)
            let number = empty.list.number
            #expect(try await upstream.peer.send("GET", "/v1/recalls?after=\(number)", as: hub).status == 204)

            let recall = DeviceRecall(serial: device.serial, state: .suspended, reason: "sensor check")
            #expect(try await registry.recall(recall, by: "operator"))
            let answer = try await upstream.peer.send("GET", "/v1/recalls?after=\(number)", as: hub)
            let list = try SignedRecallList(decoding: answer.body)
            #expect(list.list.recalls == [recall])
            #expect(list.list.number == number + 1)
            let key = COSEPublicKey.p256(upstream.folder.receiptKey.publicKey)
            #expect(list.verdict(environment: "test", key: key) == .valid)

            let refused = try await put(upstream, try body(of: device, for: "hub-0001"), as: hub)
            #expect(refused.status == 403)
            #expect(refused.errorCode == "device-suspended")
            #expect(try await registry.reinstate(device.serial, by: "operator"))
            #expect(try await !registry.reinstate(device.serial, by: "operator"))
            #expect(try await put(upstream, try body(of: device, for: "hub-0001"), as: hub).status == 200)
            #expect(try await upstream.peer.send("GET", "/v1/recalls?after=x", as: hub).status == 400)
            #expect(try await upstream.peer.send("GET", "/v1/recalls").status == 401)
        }
    }
}
