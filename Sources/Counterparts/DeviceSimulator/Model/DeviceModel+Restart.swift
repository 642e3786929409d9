import CORProtocol
import Crypto

extension DeviceModel {
    /// Goes down; a run that is under way is lost to the power cut, and closed as far as it came.
    mutating func restart(at now: Duration, effects: inout [DeviceEffect]) {
        endRun(.power, at: now, effects: &effects)
        phase = .restarting(until: now + setup.restartDuration)
        effects.append(.report(.restarting))
    }

    /// Comes up again: the boot counter goes on, and what lived in memory only is gone.
    mutating func comeUp(at now: Duration, effects: inout [DeviceEffect]) {
        phase = .running
        bootCounter &+= 1
        clock.restarted(at: now - setup.uptimeAtStart)
        images.restarted()
        isLive = false
        buttonDeadline = nil
        ownership = Ownership(owner: ownership.owner)
        effects += [.persist(snapshot), .report(.booted(counter: bootCounter))]
    }
}

extension ImageSummary {
    /// The firmware that the virtual device claims to run.
    static func running(version: String) -> ImageSummary {
        let rank = version.split(separator: ".").prefix(4).map { UInt32($0) ?? 0 }
        return ImageSummary(
            version: version, hash: Array(SHA256.hash(data: Array("corone-sim \(version)".utf8))), isBootable: true,
            length: 0, rank: rank + [UInt32](repeating: 0, count: 4 - rank.count))
    }
}
