import CORProtocol
import COSESigning
import Crypto
import FirmwareRollout
import MCUbootImage
import Testing

@testable import UpstreamServer

@Suite("What hubs report of rollouts")
struct StateReportTests {
    private static let version = ImageVersion(major: 1, minor: 1, revision: 0)
    private static let new = SHA256Hash.of([1])
    private static let old = SHA256Hash.of([0])
    private static let time = TimeBlock(
        bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: 1, wallMilliseconds: 1, sync: .synchronised,
        rtcPresent: true)

    /// An upstream's registry and inspector, with a maker whose devices it trusts.
    private struct Bench {
        let registry: DeviceRegistry
        let maker: TestMaker
        let inspector: StateReportInspector
        let hub: HubID

        func note(_ events: FirmwareEvent..., from other: String? = nil) async throws {
            let sender = try other.map { try #require(HubID($0)) } ?? hub
            let reports = await inspector.inspect(events, from: sender, at: systemClock())
            try await registry.note(reports, from: sender)
        }

        /// Attempted and failed, whatever image runs, and what does not count.
        func count(_ rollout: String = "spring") async throws -> [String: Int] {
            var counts = try await registry.uncountedReports(of: rollout)
            for group in try await registry.reportGroups(of: rollout) {
                counts["attempted", default: 0] += group.deviceCount
                if group.isFailure { counts["failed", default: 0] += group.deviceCount }
            }
            return counts
        }
    }

    private static func with(_ body: (Bench) async throws -> Void) async throws {
        try await TestUpstream.with { upstream in
            try await body(
                Bench(
                    registry: try DeviceRegistry(folder: upstream.folder, clock: systemClock), maker: upstream.maker,
                    inspector: StateReportInspector(anchors: [upstream.maker.certificate]),
                    hub: try #require(HubID("hub-0001"))))
        }
    }

    /// What a hub tells of a device, with what the device signs; `change` is what is wrong with it.
    private func event(
        _ device: TestDevice, _ end: StateReport.End, rollout: String = "spring", uptime: UInt64 = 10,
        boot: UInt32 = 1, hub: String = "hub-0001", key: P256.Signing.PrivateKey? = nil, chain: [[UInt8]]? = nil,
        about serial: DeviceSerial? = nil, change: (inout AttestationPayload) -> Void = { _ in }
    ) throws -> FirmwareEvent {
        let report = StateReport(rollout: rollout, version: Self.version, end: end, reason: "")
        let running = SlotImage(
            hash: end == .confirmed ? Self.new : Self.old, version: "1.1.0", state: .confirmed)
        var payload = AttestationPayload(
            nonce: [UInt8](repeating: UInt8(uptime % 256), count: 32), hub: try #require(HubID(hub)),
            serial: device.serial, link: .usb, bootCounter: boot,
            state: DeviceState(
                running: running, spare: nil, securityCounter: 0, imageLengthMax: 9, uptimeMilliseconds: uptime))
        change(&payload)
        let signed = try SignedAttestation.signing(
            payload, certificate: (chain ?? device.chain)[0], signer: P256COSESigner(key ?? device.key))
        return report.event(
            of: serial ?? device.serial, at: Self.time,
            evidence: DeviceEvidence(attestation: signed.bytes, certificateChain: chain ?? device.chain))
    }

    @Test("Each device counts once, as failed if any report says so; what was not tried counts for nothing")
    func counts() async throws {
        try await Self.with { bench in
            let one = try TestDevice("AAAA", of: bench.maker), two = try TestDevice("BBBB", of: bench.maker)
            let first = try event(one, .confirmed), second = try event(two, .reverted)
            try await bench.note(first, second)
            #expect(try await bench.count() == ["attempted": 2, "failed": 1])
            // The same again, as when a batch comes twice, and a device that failed first and then did not, change nothing.
            try await bench.note(first, second, try event(two, .confirmed, uptime: 20))
            #expect(try await bench.count() == ["attempted": 2, "failed": 1])
            try await bench.note(
                try event(try TestDevice("CCCC", of: bench.maker), .transient),
                try event(try TestDevice("DDDD", of: bench.maker), .cancelled),
                try event(try TestDevice("EEEE", of: bench.maker), .failed, rollout: "other"))
            #expect(try await bench.count() == ["attempted": 2, "failed": 1])
            try await bench.note(try event(one, .failed, uptime: 30))
            #expect(try await bench.count() == ["attempted": 2, "failed": 2])
        }
    }

    @Test("Threat 10, forged: what no device of a maker has signed does not count, and is told")
    func forged() async throws {
        try await Self.with { bench in
            let device = try TestDevice("AAAA", of: bench.maker)
            let other = try TestDevice("BBBB", of: bench.maker)
            let unsigned = StateReport(rollout: "spring", version: Self.version, end: .confirmed, reason: "")
                .event(of: device.serial, at: Self.time)
            try await bench.note(unsigned)
            #expect(try await bench.count() == ["unsigned": 1])
            let forged: [FirmwareEvent] = [
                try event(device, .confirmed, key: P256.Signing.PrivateKey()),
                try event(device, .confirmed, chain: try TestDevice("AAAA", of: TestMaker()).chain),
                // Another device's report, under this one's name.
                try event(other, .confirmed, about: device.serial),
                try event(device, .confirmed, chain: other.chain),
                // For another hub.
                try event(device, .confirmed, hub: "hub-0002"),
            ]
            for event in forged {
                try await bench.note(event)
                #expect(try await bench.count() == ["refused": 1])
            }
            try await bench.note(try event(device, .confirmed) { $0.state = nil })
            #expect(try await bench.count() == ["state-missing": 1])
            try await bench.note(try event(device, .confirmed) { $0.state?.running.state = .onTrial })
            #expect(try await bench.count() == ["contradicted": 1])
            // A sound one takes their place, and they do not come back.
            try await bench.note(try event(device, .confirmed), unsigned)
            #expect(try await bench.count() == ["attempted": 1])
        }
    }

    @Test("Threat 10, replayed: what is not later than what the device has signed before does not count again")
    func replayed() async throws {
        try await Self.with { bench in
            let device = try TestDevice("AAAA", of: bench.maker)
            let spring = try event(device, .confirmed, uptime: 50, boot: 4)
            try await bench.note(spring)
            for (uptime, boot) in [(50, 4), (49, 4), (90, 3)] as [(UInt64, UInt32)] {
                try await bench.note(try event(device, .confirmed, rollout: "summer", uptime: uptime, boot: boot))
                #expect(try await bench.count("summer") == ["replayed": 1])
            }
            // The very bytes, told of another rollout.
            let bytes = try #require(spring.evidence)
            try await bench.note(
                StateReport(rollout: "autumn", version: Self.version, end: .confirmed, reason: "")
                    .event(of: device.serial, at: Self.time, evidence: bytes))
            #expect(try await bench.count("autumn") == ["replayed": 1])
            try await bench.note(try event(device, .confirmed, rollout: "summer", uptime: 1, boot: 5))
            #expect(try await bench.count("summer") == ["attempted": 1])
            #expect(try await bench.count() == ["attempted": 1])
        }
    }

    @Test("Nobody but the hub that has a device says what became of it, with the certificate that is registered")
    func registered() async throws {
        try await Self.with { bench in
            let device = try TestDevice("AAAA", of: bench.maker)
            let twin = try TestDevice("AAAA", of: bench.maker)
            _ = try await bench.registry.register(
                device.serial, for: bench.hub, evidence: .init(trust: .attested, thumbprint: .of(device.chain[0])))
            try await bench.note(try event(device, .failed, hub: "hub-0002"), from: "hub-0002")
            #expect(try await bench.count() == ["another-hub": 1])
            try await bench.note(try event(twin, .failed))
            #expect(try await bench.count() == ["certificate-differs": 1])
            try await bench.note(try event(device, .failed))
            #expect(try await bench.count() == ["attempted": 1, "failed": 1])
        }
    }
}
