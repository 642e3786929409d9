/// What a full check of the store found.
package struct VerifyReport: Sendable, Hashable {
    package var rowCount = 0
    package var payloadCount = 0
    package var auditEntryCount = 0
    package var batchCount = 0
    /// Damaged rows that were set aside before, and named.
    package var setAsideCount = 0
    /// What was found damaged, at most `damageCountMax`; empty when everything is as it was stored.
    package var damages: [StoreDamage] = []
    /// Whether more damage was found than `damages` holds.
    package var isCutShort = false

    package static let damageCountMax = 1_000

    package init() {}

    package var isSound: Bool { damages.isEmpty }

    package mutating func note(_ damage: StoreDamage) {
        guard damages.count < Self.damageCountMax else {
            isCutShort = true
            return
        }
        damages.append(damage)
    }
}
