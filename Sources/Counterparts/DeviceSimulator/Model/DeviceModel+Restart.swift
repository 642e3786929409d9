import CORProtocol
import Crypto

/// A run that a power cut ended: its samples, and the content of its record.
struct InterruptedRun: Sendable, Hashable {
    var measurement: Measurement
    var body: RecordBody
}

extension DeviceModel {
    /// Goes down; what there is of a run that is under way waits for the next start.
    mutating func restart(at now: Duration, effects: inout [DeviceEffect]) {
        if let measurement {
            interruptedRun = InterruptedRun(
                measurement: measurement,
                body: .sedimentationRun(measurement.sedimentationRun(closed: deviceTime(at: now), end: .power)))
        }
        measurement = nil
        crashDeadline = nil
        let swap = BootLoader.swaps(images.memory) ? setup.swapDuration : .zero
        phase = .restarting(until: now + setup.restartDuration + swap)
        effects.append(.report(.restarting))
    }

    /// Comes up again: the boot counter goes on, and what lived in memory only is gone.
    mutating func comeUp(at now: Duration, effects: inout [DeviceEffect]) {
        if BootLoader.swaps(images.memory), faults.strikes(.cutDuringSwap) {
            // The power goes in the middle of the swap, and the next start takes it up.
            effects.append(.report(.faultStruck(.cutDuringSwap)))
            phase = .restarting(until: now + setup.restartDuration + setup.swapDuration)
            return
        }
        phase = .running
        bootCounter &+= 1
        clock.restarted(at: now - setup.uptimeAtStart)
        bootOutcome = images.start(inRecovery: wantsRecovery, forgetsUpload: faults.isOn(.forgetUpload))
        wantsRecovery = false
        if !images.memory.isConfirmed, let seconds = faults.quantity(of: .trialCrash) {
            crashDeadline = now + .seconds(seconds)
        }
        isLive = false
        buttonDeadline = nil
        ownership = Ownership(owner: ownership.owner)
        effects += [.persist(snapshot), .report(.booted(counter: bootCounter))] + bootReports
        closeInterruptedRun(at: now, effects: &effects)
    }

    /// What the person who watches is told of the boot loader's work.
    var bootReports: [DeviceEffect] {
        switch bootOutcome {
        case .same: images.isInRecovery ? [.report(.inRecovery)] : []
        case .swapped: [.report(.imageSwapped(version: images.primary.version))]
        case .reverted: [.report(.imageReverted(version: images.primary.version))]
        case .refused: [.report(.imageRefused)]
        case .recovery: [.report(.inRecovery)]
        }
    }

    /// An image on trial that does not stay up.
    mutating func crash(at now: Duration, effects: inout [DeviceEffect]) {
        crashDeadline = nil
        guard !images.memory.isConfirmed else { return }
        effects.append(.report(.faultStruck(.trialCrash)))
        restart(at: now, effects: &effects)
    }

    /// firmware-specs/states/record.yaml: unwritten, restart.
    mutating func closeInterruptedRun(at now: Duration, effects: inout [DeviceEffect]) {
        guard let interrupted = interruptedRun else { return }
        interruptedRun = nil
        closeRecord(interrupted.body, of: interrupted.measurement, at: now, effects: &effects)
        changed(.run, effects: &effects)
        plan.runEnded(at: now)
    }
}

extension ImageSummary {
    /// The firmware that the virtual device claims to run.
    static func running(version: String) -> ImageSummary {
        let rank = version.split(separator: ".").prefix(4).map { UInt32($0) ?? 0 }
        return ImageSummary(
            version: version, hash: Array(SHA256.hash(data: Array("corone-sim \(version)".utf8))), isBootable: true,
            length: 0, rank: rank + [UInt32](repeating: 0, count: 4 - rank.count), isSound: true)
    }
}
