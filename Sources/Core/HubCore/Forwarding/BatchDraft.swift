package import CORProtocol

/// Puts pending items into the next batch of the chain. Signing follows in the agent, since keys are an adapter's.
package struct BatchDraft: Sendable {
    package let hub: HubID
    package let software: SoftwareIdentity
    package let keyProtection: KeyProtection

    package init(hub: HubID, software: SoftwareIdentity, keyProtection: KeyProtection) {
        self.hub = hub
        self.software = software
        self.keyProtection = keyProtection
    }

    /// - Parameters:
    ///   - epoch: the current one; used when there is no batch of it yet.
    ///   - head: the newest batch; one of another epoch does not continue.
    /// - Returns: nil when nothing is pending.
    package func batch(of items: PendingItems, epoch: Epoch, after head: BatchHead?, at now: TimeBlock) -> Batch? {
        guard !items.isEmpty else { return nil }
        let continued = head.flatMap { $0.position.epoch == epoch ? $0 : nil }
        return Batch(
            hubID: hub, epoch: epoch, sequence: (continued?.position.sequence ?? 0) + 1,
            previousHash: continued?.hash ?? .zero, records: items.records.map(\.value), gaps: items.gaps.map(\.value),
            results: items.results.map(\.value), firmwareEvents: items.firmwareEvents.map(\.value),
            deviceEvents: items.deviceEvents.map(\.value), audit: items.audit.map(\.value), software: software,
            cut: now, keyProtection: keyProtection)
    }
}
