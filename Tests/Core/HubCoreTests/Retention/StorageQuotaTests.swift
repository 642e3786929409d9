import CORProtocol
import HubCore
import Testing

@Suite("Threat 20: how full the store may get, and what stops when")
struct StorageQuotaTests {
    private func quota(max length: Int = 1_000, reserve: Int = 100) -> StorageQuota {
        var quota = StorageQuota()
        quota.lengthMax = length
        quota.reserveLength = reserve
        return quota
    }

    private func usage(_ used: Int, available: Int = 1_000_000) -> StorageUsage {
        StorageUsage(usedLength: used, availableLength: available)
    }

    @Test(
        "Each step begins at its percentage, and not a byte before",
        arguments: [
            (0, StoragePressure.none), (799, .none), (800, .warning), (899, .warning), (900, .noDiagnostics),
            (949, .noDiagnostics), (950, .noRecords), (5_000, .noRecords),
        ])
    func steps(used: Int, pressure: StoragePressure) {
        #expect(quota().pressure(of: usage(used)) == pressure)
    }

    @Test("Where the disk is smaller than the quota, the disk is the limit, and the reserve is no part of it")
    func smallDisk() {
        #expect(quota().limit(of: usage(300, available: 400)) == 600)
        #expect(quota().limit(of: usage(300, available: .max)) == 1_000)
        #expect(quota().pressure(of: usage(300, available: 400)) == .none)
        #expect(quota().pressure(of: usage(300, available: 110)) == .noRecords)
    }

    @Test("On a disk that others filled up to the reserve nothing is taken, however little the store has")
    func filledByOthers() {
        #expect(quota().pressure(of: usage(1, available: 200)) == .none)
        #expect(quota().pressure(of: usage(0, available: 100)) == .noRecords)
        #expect(quota().pressure(of: usage(0, available: 0)) == .noRecords)
    }

    @Test("Diagnostics stop before measurements do, and measurements before the audit chain")
    func whatStops() {
        let stored = StoragePressure.allCases.map { pressure in RecordKind.allCases.filter { pressure.stores($0) } }
        #expect(
            stored == [
                RecordKind.allCases, RecordKind.allCases, [.sedimentationRun, .selfTest],
                [.sedimentationRun, .selfTest],
            ])
        #expect(StoragePressure.allCases.map(\.keepsRefusedBytes) == [true, true, false, false])
        #expect(StoragePressure.allCases.map(\.acknowledgesDevices) == [true, true, true, false])
        #expect(StoragePressure.allCases.sorted() == StoragePressure.allCases)
    }

    @Test("A change is told once, and a store at a threshold does not tell of it again and again")
    func gauge() {
        var gauge = StorageGauge(quota: quota())
        let now = TimeBlock.at()
        #expect(gauge.measured(usage(700), at: now) == [])
        #expect(
            gauge.measured(usage(960), at: now) == [
                .prune,
                .audit(
                    AuditDraft(
                        .storageFault, actor: .agent, subject: "storage", outcome: .failed, time: now,
                        detail: "no-records: 960 bytes used, 96 % of what the store may take")),
                .publish(.alarm("storage no-records: 960 bytes used, 96 % of what the store may take")),
            ])
        #expect(gauge.measured(usage(949), at: now) == [.prune])
        #expect(gauge.measured(usage(955), at: now) == [.prune])
        #expect(gauge.pressure == .noRecords)
        let lower = gauge.measured(usage(929), at: now)
        #expect(gauge.pressure == .noDiagnostics && lower.count == 2)
        #expect(gauge.measured(usage(100), at: now).count == 1)
        #expect(gauge.pressure == .none)
    }

    @Test("Where room is short, what a receipt covers goes at once; refused bytes go altogether when diagnostics stop")
    func retentionUnderPressure() {
        let now = TimeBlock.at()
        let cut = RetentionPolicy().cut(at: now, trust: ClockTrust(), pressure: .warning)
        #expect(cut?.recordsBefore == now.wallMilliseconds && cut?.auditBefore == now.wallMilliseconds)
        #expect(cut?.quarantineLengthMax == RetentionPolicy().quarantineLengthMax)
        #expect(RetentionPolicy().cut(at: now, trust: ClockTrust(), pressure: .noDiagnostics)?.quarantineLengthMax == 0)
        #expect(RetentionPolicy().cut(at: .in1970, trust: ClockTrust(), pressure: .noRecords) == nil)
    }

    @Test("What has to go for a record is what brings the store below the step for records, to the byte")
    func give() {
        for (used, length, available) in [(950, 0, 1_000_000), (980, 25, 1_000_000), (500, 30, 110)] {
            let usage = usage(used, available: available)
            guard let wanted = quota().lengthToGive(for: length, at: usage) else {
                Issue.record("\(used) \(length)")
                continue
            }
            func pressure(_ gone: Int) -> StoragePressure {
                quota().pressure(
                    of: StorageUsage(usedLength: used + length - gone, availableLength: available - length + gone))
            }
            #expect(wanted > 0 && pressure(wanted).acknowledgesDevices)
            #expect(!pressure(wanted - 1).acknowledgesDevices)
        }
        #expect(quota().lengthToGive(for: 10, at: usage(100)) == 0)
        #expect(quota().lengthToGive(for: 950, at: usage(0)) == nil, "no store of this size takes it")
        #expect(quota().lengthToGive(for: 1, at: usage(50, available: 50)) == nil, "others have filled the disk")
        #expect(quota().lengthToGive(for: .max, at: usage(.max, available: .max)) == nil)
    }

    @Test("Nothing is overwritten unless it was asked for")
    func overwritesNothing() {
        #expect(!StorageQuota().overwritesUnsentRuns)
    }

    @Test("The forecast counts what was written up to a day, and the room down to the step at which devices wait")
    func forecast() {
        let forecast = StorageForecast(
            usage: usage(450), quota: quota(), written: 1_000, stored: 10, elapsed: .seconds(3_600))
        #expect(forecast.writtenPerDay == 24_000 && forecast.headroomHours == 50)
        let early = StorageForecast(usage: usage(450), quota: quota(), written: 1, stored: 1, elapsed: .seconds(599))
        #expect(early.writtenPerDay == nil && early.headroomHours == nil)
        let still = StorageForecast(usage: usage(450), quota: quota(), written: 0, stored: 0, elapsed: .seconds(600))
        #expect(still.writtenPerDay == 0 && still.headroomHours == nil)
        let huge = StorageForecast(
            usage: usage(0, available: .max), quota: quota(max: .max), written: .max, stored: 1, elapsed: .seconds(600))
        #expect(huge.headroomHours == nil)
        let full = StorageForecast(usage: usage(999), quota: quota(), written: 1, stored: 1, elapsed: .seconds(600))
        #expect(full.headroomHours == 0)
    }
}
