/// How much of the disk the store may take, and what stops at how much of it.
package struct StorageQuota: Sendable, Hashable {
    /// In bytes.
    package var lengthMax = 4_000_000_000
    /// Bytes of the disk that records never take: they are for the audit chain and a clean end.
    package var reserveLength = 64 << 20

    /// When the store is full, the oldest raw runs that wait to be sent give way to what devices deliver, and a gap names each.
    /// Otherwise devices keep their records until there is room.
    package var overwritesUnsentRuns = false

    package static let warningPercent = 80
    package static let noDiagnosticsPercent = 90
    package static let noRecordsPercent = 95

    package init() {}

    /// What may be used in all: the quota, or what the disk has room for beside the reserve.
    package func limit(of usage: StorageUsage) -> Int {
        let room = max(0, usage.availableLength - reserveLength)
        let (sum, isOverflown) = usage.usedLength.addingReportingOverflow(room)
        return min(lengthMax, isOverflown ? .max : sum)
    }

    /// Bytes that have to go before `length` more fit below the step at which devices wait; nil where nothing that the store
    /// could let go of would do, since others fill the disk.
    package func lengthToGive(for length: Int, at usage: StorageUsage) -> Int? {
        // What goes is free again: of used and available together nothing changes.
        let (sum, isOverflown) = usage.usedLength.addingReportingOverflow(usage.availableLength)
        let limit = min(lengthMax, (isOverflown ? .max : sum) - reserveLength)
        guard limit > 0 else { return nil }
        let threshold = limit / 100 * Self.noRecordsPercent + limit % 100 * Self.noRecordsPercent / 100
        // One byte less than the threshold is below it.
        let (wanted, isTooMuch) = usage.usedLength.addingReportingOverflow(max(0, length))
        guard !isTooMuch, length < threshold else { return nil }
        return max(0, wanted - threshold + 1)
    }

    package func pressure(of usage: StorageUsage) -> StoragePressure {
        let limit = limit(of: usage)
        // On a disk that others filled, nothing is left whatever the store itself has used.
        guard usage.availableLength > reserveLength, limit > 0 else { return .noRecords }
        let steps: [(percent: Int, pressure: StoragePressure)] = [
            (Self.noRecordsPercent, .noRecords), (Self.noDiagnosticsPercent, .noDiagnostics),
            (Self.warningPercent, .warning),
        ]
        return steps.first { usage.usedLength >= limit / 100 * $0.percent + limit % 100 * $0.percent / 100 }?.pressure
            ?? .none
    }
}
