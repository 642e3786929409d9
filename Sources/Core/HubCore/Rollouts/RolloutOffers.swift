package import CORProtocol
import FirmwareRollout

/// Remembers what was offered to which device, and says what has changed: offers that are made, and those that are taken back.
package struct RolloutOffers: Sendable {
    private struct Made: Sendable, Hashable {
        var offer: FirmwareOffer
        var rollout: String
        var metadataVersion: UInt64
    }

    private var made: [DeviceSerial: Made] = [:]

    /// - Parameter records: of the hub's last life: what was offered then and has not ended is taken back like any other offer.
    package init(recalling records: [FirmwareRecord] = []) {
        for record in records where !record.phase.isEnd {
            guard case .rollout(let id) = record.offer.origin else { continue }
            made[record.serial] = Made(
                offer: record.offer, rollout: id, metadataVersion: record.metadataVersion)
        }
    }

    /// Compares a device's assessment with what it was offered.
    ///
    /// The same offer is made again under newer metadata: a device on which it failed for good may try it once more.
    package mutating func update(
        _ assessment: RolloutAssessment, metadataVersion: UInt64
    ) -> [FirmwareOfferEvent] {
        let serial = assessment.device.serial
        let before = made[serial]
        guard let offer = assessment.offer else {
            // What is only waited for takes nothing back.
            guard let before, !assessment.isHeld(before.rollout) else { return [] }
            made[serial] = nil
            // What the device runs by now was not taken back: it has come true.
            if assessment.device.version == before.offer.image.version { return [] }
            return [.withdrawn(serial, rolloutID: before.rollout)]
        }
        let next = Made(offer: offer.firmwareOffer, rollout: offer.rollout.id, metadataVersion: metadataVersion)
        guard next != before else { return [] }
        made[serial] = next
        var events: [FirmwareOfferEvent] = []
        if let before, before.rollout != next.rollout { events.append(.withdrawn(serial, rolloutID: before.rollout)) }
        return events + [.offered(serial, next.offer, metadataVersion: metadataVersion)]
    }

    /// A device that is not this hub's any more is offered nothing.
    package mutating func forget(allBut known: Set<DeviceSerial>) -> [FirmwareOfferEvent] {
        let gone = made.keys.filter { !known.contains($0) }.sorted { $0.text < $1.text }
        return gone.compactMap { serial in
            made.removeValue(forKey: serial).map { .withdrawn(serial, rolloutID: $0.rollout) }
        }
    }

    /// What could not be done now is offered again when the device is next looked at. Everything else waits for newer metadata.
    package mutating func ended(_ outcome: FirmwareOutcome, of serial: DeviceSerial) {
        guard outcome.end == .failedTransiently, made[serial]?.offer == outcome.offer else { return }
        made[serial] = nil
    }

    /// What the device was offered last; nil: nothing, or it was taken back.
    package func offer(to serial: DeviceSerial) -> FirmwareOffer? { made[serial]?.offer }
}
