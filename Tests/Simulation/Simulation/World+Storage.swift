import CORProtocol
import HubCore

// The hub's disk as far as it fails, and what the agent does then: as RecordKeeper and RetentionService.
extension World {
    /// Room on the disk that others leave.
    struct DiskShortage {
        var until: Duration
        /// In bytes; at 0 no write gets through.
        var available: Int
    }

    var usage: StorageUsage {
        let isShort = shortage.map { now < $0.until } ?? false
        return StorageUsage(usedLength: store.usedLength, availableLength: isShort ? shortage?.available ?? 0 : 8 << 30)
    }

    /// One transaction, durable when it returns.
    ///
    /// - Throws: what ends the agent. After a failed fsync nobody knows before the next start whether the write is there.
    func write<Value>(_ body: (SimulatedStore) throws(StoreFault) -> Value) throws(StoreFault) -> Value {
        if usage.availableLength == 0 { throw .full }
        guard strikes(.diskError, oneIn: 300) else { return try body(store) }
        if Bool.random(using: &chance) { _ = try body(store) }
        throw .io(code: 5)
    }

    func append(_ draft: AuditDraft) throws(StoreFault) {
        try write { (store) throws(StoreFault) in try store.append(draft) }
    }

    /// The agent is over and the machine goes on; the service manager starts it again.
    func endAgent(_ reason: String) {
        note("hub: the agent ends: \(reason)")
        agentEndCount += 1
        stopAgent()
        after(seconds(5...300), .start(generation: generation))
    }

    func runShort() {
        let room = [0, 1 << 20, 65 << 20, 80 << 20].randomElement(using: &chance) ?? 0
        shortage = DiskShortage(until: now + seconds(600...86_400), available: room)
    }

    /// As often as this is looked at: clocks, and how full the disk is.
    func look() throws(StoreFault) {
        after(.seconds(900), .look(generation: generation))
        for draft in watch.observe(hubTime, trust: trust) { try append(draft) }
        for effect in gauge.measured(usage, at: hubTime) {
            switch effect {
            case .audit(let draft): try append(draft)
            case .publish: continue
            case .prune: try prune()
            }
        }
    }

    func prune() throws(StoreFault) {
        let pressure = gauge.pressure
        var cut = retention.cut(at: hubTime, trust: trust, pressure: pressure)?.batchesBefore
        if brokenRule == .prunesByAnyClock { cut = hubTime.wallMilliseconds - retention.batches.milliseconds }
        guard let before = cut else { return }
        for receipt in try write({ (store) in store.pruneBatches(before: before) }) where pressure < .warning {
            // By the true clock, which the hub does not know.
            let age = SimulatedClock.trueMilliseconds(at: now) - receipt
            if age < retention.batches.milliseconds - 90_000_000 {
                problems.append("pruned \(age / 1_000) s behind its receipt, by a clock that is \(clock.error) ms off")
            }
        }
    }
}
