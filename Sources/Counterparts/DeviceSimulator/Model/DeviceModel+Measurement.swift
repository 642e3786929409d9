import CORProtocol

/// Measurements: started by the plan or by a person, ended by themselves, by a person or by the power.
extension DeviceModel {
    /// A device on its last per cent does not begin what it cannot finish.
    private static let batteryPercentMin: UInt8 = 5

    mutating func startRun(
        artefact: Artefact, minutes: Int, seed: UInt64?, at now: Duration, effects: inout [DeviceEffect]
    ) {
        guard measurement == nil, phase == .running else {
            effects.append(.report(.commandRefused(reason: "a measurement is running, or the device restarts")))
            return
        }
        guard hasExternalPower || batteryPercent >= Self.batteryPercentMin else {
            effects.append(.report(.commandRefused(reason: "the battery is too low")))
            plan.runEnded(at: now)
            return
        }
        runCount += 1
        // Each run has a seed of its own, so that it can be repeated alone.
        let seed = seed ?? setup.seed &+ runCount
        var source = SedimentationRunSource(seed: seed)
        let run = source.run(minutes: minutes, artefact: artefact)
        let cartridge = Cartridge(id: "\(setup.identity.serial)-C\(runCount)", lot: "LOT-TEST-1")
        measurement = Measurement(run: run, cartridge: cartridge, seed: seed, startedAt: now, speed: setup.speed)
        effects += [
            .persist(snapshot),
            .report(.runStarted(cartridge: cartridge.id, artefact: artefact, minutes: minutes, seed: seed)),
        ]
        changed(.run, effects: &effects)
        advanceMeasurement(to: now, effects: &effects)
    }

    mutating func advanceMeasurement(to now: Duration, effects: inout [DeviceEffect]) {
        guard var current = measurement else { return }
        let taken = current.takeSamples(until: now)
        measurement = current
        if isLive {
            for index in taken { notify(.liveSample, current.liveEvent(at: index), effects: &effects) }
        }
        if current.isComplete { endRun(.complete, at: now, effects: &effects) }
    }

    mutating func endRun(_ end: EndReason, at now: Duration, effects: inout [DeviceEffect]) {
        guard let ended = measurement else { return }
        measurement = nil
        let body = RecordBody.sedimentationRun(ended.sedimentationRun(closed: deviceTime(at: now), end: end))
        closeRecord(body, of: ended, at: now, effects: &effects)
        if strikes(.repeatedRun, effects: &effects) {
            closeRecord(body, of: ended, at: now, effects: &effects)
        }
        changed(.run, effects: &effects)
        plan.runEnded(at: now)
    }
}
