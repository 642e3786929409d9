/// What the disk has to bear at the present rate.
package struct StorageForecast: Sendable, Hashable {
    /// Bytes that are written to the disk in 24 hours; nil until it was watched for long enough.
    package var writtenPerDay: Int?
    /// Hours until devices are no longer acknowledged, if nothing is forwarded; nil where that is not in sight.
    package var headroomHours: Int?

    /// Shorter times tell more of the start than of the day.
    package static let elapsedMin: Duration = .seconds(600)
    /// What lies further ahead than ten years is no forecast.
    private static let hoursMax: Int64 = 87_600

    /// - Parameters:
    ///   - written: Bytes that went to the disk in `elapsed`.
    ///   - stored: Bytes of content that were stored in `elapsed`.
    package init(usage: StorageUsage, quota: StorageQuota, written: UInt64, stored: UInt64, elapsed: Duration) {
        guard elapsed >= Self.elapsedMin else { return }
        let seconds = elapsed.milliseconds / 1_000
        writtenPerDay = Int(clamping: Int64(clamping: written).multiplied(by: 86_400) / seconds)
        guard stored > 0 else { return }
        let limit = quota.limit(of: usage)
        let left = max(0, limit / 100 * StorageQuota.noRecordsPercent - usage.usedLength)
        let hours = Int64(left).multiplied(by: seconds) / Int64(clamping: stored).multiplied(by: 3_600)
        headroomHours = hours > Self.hoursMax ? nil : Int(hours)
    }
}

extension Int64 {
    /// The largest number where the product is beyond it.
    fileprivate func multiplied(by factor: Int64) -> Int64 {
        let (product, isOverflown) = multipliedReportingOverflow(by: factor)
        return isOverflown ? .max : product
    }
}
