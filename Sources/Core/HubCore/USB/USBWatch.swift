package import CORProtocol

/// What is on the bus, who waits for it, and when to look again.
///
/// The kernel's list is the truth, and news of a change only a reason to read it: news may be lost, and without a
/// running udev there is none at all.
package struct USBWatch: Sendable {
    package struct LinkID: Sendable, Hashable {
        package var rawValue: UInt64

        package init(rawValue: UInt64) {
            self.rawValue = rawValue
        }
    }

    package enum Event: Sendable, Equatable {
        /// The kernel's list was read.
        case scanned([USBSighting])
        /// The kernel's list cannot be read.
        case scanFailed(reason: String)
        /// A link waits for the device, for at most `limit` where there is one.
        case awaited(LinkID, DeviceSerial, limit: Duration?)
        /// A link no longer waits, or works with its device no more; `loss` says how it lost it.
        case ended(LinkID, USBReturnMatch.Loss?)
    }

    package enum Effect: Sendable, Equatable {
        case tell(DiscoveryEvent)
        case open(LinkID, USBPlace)
        /// It waited too long: nothing is there (`.refused`), or what is there is not to be opened (`.unreachable`).
        case expire(LinkID, LinkGoneReason)
        /// The bus no longer has the device that this link works with.
        case leave(LinkID)
    }

    /// Devices with our identity that are looked at; more than a household has ports for.
    package static let deviceCountMax = 32
    /// Losses that are remembered.
    package static let lossCountMax = 32
    /// From one look to the next where the system tells of changes: for news that was lost.
    package static let toldInterval = Duration.seconds(10)
    /// The same where it tells of none: without udev.
    package static let untoldInterval = Duration.seconds(1)

    private struct Device {
        var place: USBPlace
        var discovered: DiscoveredDevice
    }

    private struct Refused {
        var refusal: USBRefusal
        /// What it claims.
        var serial: DeviceSerial?
    }

    private var present: [DeviceSerial: Device] = [:]
    private var refused: [USBPlace: Refused] = [:]
    private var waiting: [LinkID: USBReturnMatch] = [:]
    private var working: [LinkID: (serial: DeviceSerial, place: USBPlace)] = [:]
    private var serials: [LinkID: DeviceSerial] = [:]
    private var losses: [DeviceSerial: USBReturnMatch.Lost] = [:]
    private var isUnavailable = false

    package init() {}

    /// - Parameter now: the caller's monotonic clock.
    package mutating func handle(_ event: Event, at now: Duration) -> [Effect] {
        switch event {
        case .scanned(let sightings):
            var effects: [Effect] = isUnavailable ? [.tell(.available)] : []
            isUnavailable = false
            effects += compare(Array(sightings.prefix(Self.deviceCountMax)), at: now)
            return effects + serve(at: now)
        case .scanFailed(let reason):
            defer { isUnavailable = true }
            return (isUnavailable ? [] : [.tell(.unavailable(reason: reason))]) + serve(at: now)
        case .awaited(let link, let serial, let limit):
            serials[link] = serial
            waiting[link] = USBReturnMatch(
                serial: serial, lost: losses.removeValue(forKey: serial), deadline: limit.map { now + $0 })
            return serve(at: now)
        case .ended(let link, let loss):
            end(link, loss, at: now)
            return []
        }
    }

    /// How long nobody has to look, at most.
    ///
    /// - Parameter isTold: whether the system tells of changes.
    package func nextLook(isTold: Bool, at now: Duration) -> Duration {
        let places = present.mapValues(\.place)
        let base = isTold ? Self.toldInterval : Self.untoldInterval
        return waiting.values.reduce(base) { shortest, match in
            guard case .wait(let interval) = match.verdict(on: places, at: now) else { return .zero }
            return min(shortest, interval)
        }
    }

    private mutating func compare(_ sightings: [USBSighting], at now: Duration) -> [Effect] {
        var found: [DeviceSerial: Device] = [:]
        var refusals: [USBPlace: Refused] = [:]
        var effects: [Effect] = []
        for sighting in sightings.sorted(by: { $0.place.portPath < $1.place.portPath }) {
            do throws(USBRefusal) {
                guard let (serial, device) = try Self.admit(sighting) else { continue }
                // Who was there first stays.
                if let other = present[serial] ?? found[serial], other.place != sighting.place,
                    sightings.contains(where: { $0.place == other.place })
                {
                    throw .serialTwice(portPath: other.place.portPath)
                }
                found[serial] = device
            } catch {
                refusals[sighting.place] = Refused(refusal: error, serial: Self.claimedSerial(of: sighting))
                if refused[sighting.place]?.refusal != error {
                    effects.append(.tell(.refused(Self.discovered(sighting), reason: error.description)))
                }
            }
        }
        var left: [Effect] = []
        for (serial, device) in present.sorted(by: { $0.key.text < $1.key.text })
        where found[serial]?.place != device.place {
            left.append(.tell(.lost(address: device.discovered.address)))
            for (link, work) in working where work.place == device.place { left.append(.leave(link)) }
        }
        let arrived = found.filter { present[$0.key]?.place != $0.value.place }
            .sorted { $0.key.text < $1.key.text }
            .map { Effect.tell(.found($0.value.discovered)) }
        present = found
        refused = refusals
        return left + effects + arrived
    }

    /// Opens what is there and gives up what was awaited for too long.
    private mutating func serve(at now: Duration) -> [Effect] {
        let places = present.mapValues(\.place)
        var effects: [Effect] = []
        for (link, match) in waiting.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            switch match.verdict(on: places, at: now) {
            case .open(let place):
                waiting[link] = nil
                if let serial = serials[link] { working[link] = (serial, place) }
                effects.append(.open(link, place))
            case .expired:
                let serial = serials.removeValue(forKey: link)
                waiting[link] = nil
                let isThere = refused.values.contains { $0.serial == serial }
                effects.append(.expire(link, isThere ? .unreachable : .refused))
            case .wait:
                break
            }
        }
        return effects
    }

    private mutating func end(_ link: LinkID, _ loss: USBReturnMatch.Loss?, at now: Duration) {
        waiting[link] = nil
        serials[link] = nil
        guard let work = working.removeValue(forKey: link), let loss else { return }
        guard losses.count < Self.lossCountMax || losses[work.serial] != nil else { return }
        losses[work.serial] = USBReturnMatch.Lost(loss, portPath: work.place.portPath, since: now)
    }

    /// Nil for devices of others.
    private static func admit(_ sighting: USBSighting) throws(USBRefusal) -> (DeviceSerial, Device)? {
        switch USBAdmission.verdict(on: sighting) {
        case .foreign:
            return nil
        case .refused(let refusal):
            throw refusal
        case .admitted(_, let serial):
            guard sighting.isOpenable else { throw .notPermitted }
            return (serial, Device(place: sighting.place, discovered: discovered(sighting)))
        }
    }

    /// By the serial number that it claims; without a sound one, by where it is.
    private static func discovered(_ sighting: USBSighting) -> DiscoveredDevice {
        let serial = claimedSerial(of: sighting)
        return DiscoveredDevice(
            kind: .usb, address: "usb:\(serial?.text ?? sighting.place.portPath)", serial: serial?.text,
            name: sighting.product.map { String(decoding: $0, as: UTF8.self).clipped(toLength: nameLengthMax) },
            portPath: sighting.place.portPath)
    }

    private static func claimedSerial(of sighting: USBSighting) -> DeviceSerial? {
        sighting.serial.flatMap { DeviceSerial(String(decoding: $0, as: UTF8.self)) }
    }

    /// Bytes of the name that a device claims.
    private static let nameLengthMax = 64
}
