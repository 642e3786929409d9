import CORProtocol
import DeviceSimulator
import HubCore

// The faults that come at a time of their own, and the person who mends what only a person can.
extension World {
    func scheduleFaults() {
        func scatter(_ fault: FaultPlan.Fault, count: ClosedRange<Int>) {
            guard plan.has(fault) else { return }
            for _ in 0..<Int.random(in: count, using: &chance) {
                let end = Double(faultsEnd.components.seconds)
                queue.insert(.fault(fault), at: seconds(0...end))
            }
        }
        scatter(.linkGone, count: 1...20)
        scatter(.deviceReset, count: 1...6)
        scatter(.powerCut, count: 0...6)
        scatter(.agentKilled, count: 0...6)
        scatter(.diskFull, count: 1...3)
        scatter(.outage, count: 1...3)
        scatter(.rejection, count: 1...3)
        scatter(.restoredImage, count: 2...6)
        scatter(.restoredUpstream, count: 2...4)
        scatter(.wrongClock, count: 1...4)
        queue.insert(.person, at: .seconds(6 * 3_600))
    }

    func strike(_ fault: FaultPlan.Fault) {
        note("fault: \(fault.rawValue)")
        let device = Int.random(in: devices.indices, using: &chance)
        switch fault {
        case .linkGone: loseLink(device)
        case .deviceReset: act(devices[device].model.perform(.reboot, at: now), of: device)
        case .powerCut: cutPower()
        case .agentKilled: endAgent("killed")
        case .diskFull: runShort()
        case .outage: outageUntil = now + seconds(600...172_800)
        case .rejection:
            let serial = devices[device].identity.serial
            if upstream.knownDevices.remove(serial) == nil { upstream.knownDevices.insert(serial) }
        case .restoredImage:
            // The first time the disk is imaged, and each further time that image is put back or another is taken.
            if let kept = image, Bool.random(using: &chance) {
                restoreCount += 1
                store.content = kept
                cutPower()
            } else {
                image = store.content
            }
        case .restoredUpstream:
            // Also one that is older than batches stay on the hub: records stay longer.
            if let kept = backup {
                restoreCount += 1
                upstream.tables = kept
                backup = nil
            } else {
                backup = upstream.tables
            }
        case .wrongClock:
            let steps: [Int64] = [3_600_000, -3_600_000, 631_152_000_000, -631_152_000_000]
            clock.step(by: steps.randomElement(using: &chance) ?? 0)
            after(seconds(600...40_000), .clockSet(boot: bootCount))
        case .lossyLink, .storeRefuses, .diskError, .clockDrift, .lostRequest, .lostAnswer, .unavailable,
            .forgedReceipt, .metered, .smallStore:
            return  // These strike where they belong, by chance.
        }
    }

    /// Looks at the hub now and then: a blocked one goes on in a new epoch; once the upstream knows every maker, what it
    /// had rejected is sent again. A restored hub learns late of what was rejected before.
    func decide() {
        if case .blocked? = forwarder?.state { post(.renewalRequested) }
        if !hasFaults, store.requeueRejected() { post(.flushRequested) }
        after(.seconds(6 * 3_600), .person)
    }

    /// After the faults: the upstream knows every maker, what it had rejected is sent again, the clock is right, and the
    /// link is not metered any more, and the disk is a larger one.
    func mend() throws(StoreFault) {
        note("the faults end")
        upstream.knownDevices = Set(devices.map(\.identity.serial))
        outageUntil = .zero
        policy.rawBytesPerDay = nil
        quota = StorageQuota()
        shortage = nil
        stopAgent()
        try boot()
        _ = store.requeueRejected()
        post(.flushRequested, after: .seconds(120))
    }
}
