import CORProtocol
import FirmwareRollout
import MCUbootImage
import Testing

@testable import UpstreamServer

@Suite("What hubs report of rollouts")
struct StateReportTests {
    private func event(_ serial: String, _ end: StateReport.End, rollout: String = "spring") throws -> FirmwareEvent {
        let report = StateReport(
            rollout: rollout, version: ImageVersion(major: 1, minor: 1, revision: 0), end: end, reason: "")
        return report.event(
            of: try #require(DeviceSerial(serial)),
            at: TimeBlock(
                bootID: [UInt8](repeating: 7, count: 16), boottimeNanoseconds: 1, wallMilliseconds: 1,
                sync: .synchronised,
                rtcPresent: true))
    }

    @Test("Each device counts once, as failed if any report says so; what was not tried counts for nothing")
    func counts() async throws {
        try await TestUpstream.with { upstream in
            let registry = try DeviceRegistry(folder: upstream.folder, clock: systemClock)
            let hub = try #require(HubID("hub-0001"))
            func count() async throws -> DeviceRegistry.ReportCounts { try await registry.reportCounts(of: "spring") }
            try await registry.note([try event("AAAA", .confirmed), try event("BBBB", .reverted)], from: hub)
            #expect(try await count() == .init(attempted: 2, failed: 1))
            // The same again, and a device that failed first and then did not, change nothing.
            try await registry.note([try event("AAAA", .confirmed), try event("BBBB", .confirmed)], from: hub)
            #expect(try await count() == .init(attempted: 2, failed: 1))
            try await registry.note(
                [
                    try event("CCCC", .transient), try event("DDDD", .cancelled),
                    try event("EEEE", .failed, rollout: "other"),
                ],
                from: hub)
            #expect(try await count() == .init(attempted: 2, failed: 1))
            try await registry.note([try event("AAAA", .failed)], from: hub)
            #expect(try await count() == .init(attempted: 2, failed: 2))
        }
    }

    @Test("Nobody but the hub that has a device says what became of it (forged evidence)")
    func anotherHub() async throws {
        try await TestUpstream.with { upstream in
            let registry = try DeviceRegistry(folder: upstream.folder, clock: systemClock)
            let owner = try #require(HubID("hub-0001")), other = try #require(HubID("hub-0002"))
            let serial = try #require(DeviceSerial("AAAA"))
            _ = try await registry.register(
                serial, for: owner, evidence: .init(trust: .linkOnly, thumbprint: nil))
            try await registry.note([try event("AAAA", .failed)], from: other)
            #expect(try await registry.reportCounts(of: "spring") == .init(attempted: 0, failed: 0))
            try await registry.note([try event("AAAA", .failed)], from: owner)
            #expect(try await registry.reportCounts(of: "spring") == .init(attempted: 1, failed: 1))
        }
    }
}
