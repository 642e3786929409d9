package import CORProtocol

/// Watches how full the store is, and says so when it changes.
///
/// A step up counts at once; a step down only where the store would be on it with a fiftieth of its limit more, so that
/// a store at a threshold does not fill the audit chain with news of itself.
package struct StorageGauge: Sendable {
    package enum Effect: Sendable, Equatable {
        case audit(AuditDraft)
        case publish(MonitorEvent)
        /// Content behind verified receipts shall go now.
        case prune
    }

    package private(set) var pressure = StoragePressure.none
    /// Another one holds from the next measurement on.
    package var quota: StorageQuota

    package init(quota: StorageQuota) {
        self.quota = quota
    }

    package mutating func measured(_ usage: StorageUsage, at now: TimeBlock) -> [Effect] {
        let before = pressure
        pressure = max(
            quota.pressure(of: usage), min(before, quota.pressure(of: usage.growing(by: quota.limit(of: usage) / 50))))
        var effects: [Effect] = pressure >= .warning ? [.prune] : []
        guard pressure != before else { return effects }
        let percent = Int(clamping: Int64(usage.usedLength) * 100 / Int64(max(1, quota.limit(of: usage))))
        let detail = "\(pressure.rawValue): \(usage.usedLength) bytes used, \(percent) % of what the store may take"
        effects.append(
            .audit(
                AuditDraft(
                    .storageFault, actor: .agent, subject: "storage", outcome: pressure > before ? .failed : .done,
                    time: now, detail: detail)))
        if pressure > before { effects.append(.publish(.alarm("storage \(detail)"))) }
        return effects
    }
}

extension StorageUsage {
    fileprivate func growing(by length: Int) -> StorageUsage {
        StorageUsage(usedLength: usedLength + length, availableLength: availableLength - length)
    }
}
