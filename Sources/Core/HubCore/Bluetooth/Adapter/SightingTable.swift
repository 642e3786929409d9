package import BluetoothProtocol
import CORProtocol

/// Which devices advertise the SMP service within reach. Bounded in devices and in reports, whoever floods.
///
/// Bonded devices always have a place; strangers share the rest, and the first come keep it until they are silent.
package struct SightingTable: Sendable {
    package static let strangerCountMax = 32
    /// Reports that are looked at within one second; further ones are counted and dropped.
    package static let reportCountMaxPerSecond = 50
    /// A device is told again when its signal has changed by so much, in dB, or its name.
    static let signalStep = 6
    static let silenceMax: Duration = .seconds(30)

    private struct Sighting {
        var device: DiscoveredDevice
        var lastSeen: Duration
        /// Whether it has one of the strangers' places.
        let isStranger: Bool
    }

    private let service: BluetoothUUID
    private var sightings: [BluetoothPeer: Sighting] = [:]
    private var strangerCount = 0
    private var second: Duration = .zero
    private var reportCount = 0
    /// Reports that were malformed, not of the service, too many or without a place.
    package private(set) var droppedCount: UInt64 = 0

    package init(service: BluetoothUUID) {
        self.service = service
    }

    /// Devices without a bond, the strongest first.
    package var strangers: [DiscoveredDevice] {
        sightings.values.filter(\.isStranger).map(\.device)
            .sorted { ($0.signalStrength ?? .min, $1.address) > ($1.signalStrength ?? .min, $0.address) }
    }

    package var isEmpty: Bool { sightings.isEmpty }

    /// The peer with this address, if one was seen.
    package func peer(_ address: BluetoothAddress) -> BluetoothPeer? {
        sightings.keys.first { $0.address == address }
    }

    /// What there is to tell of a report, if anything.
    package mutating func sighted(
        _ peer: BluetoothPeer, _ report: ManagementEvent.Sighting, isBonded: Bool, at now: Duration
    ) -> DiscoveredDevice? {
        guard isWithinRate(isBonded: isBonded, at: now),
            let data = try? AdvertisingData(decoding: report.advertisingData),
            data.services.contains(service)
        else {
            droppedCount &+= 1
            return nil
        }
        let strength = report.signalStrength.map(Int.init)
        if var known = sightings[peer] {
            known.lastSeen = now
            let name = data.name ?? known.device.name
            let isNews = name != known.device.name || isChanged(strength, known.device.signalStrength)
            if isNews {
                known.device.name = name
                known.device.signalStrength = strength
            }
            sightings[peer] = known
            return isNews ? known.device : nil
        }
        guard isBonded || strangerCount < Self.strangerCountMax else {
            droppedCount &+= 1
            return nil
        }
        if !isBonded { strangerCount += 1 }
        let device = DiscoveredDevice(kind: .ble, address: peer.linkAddress, name: data.name, signalStrength: strength)
        sightings[peer] = Sighting(device: device, lastSeen: now, isStranger: !isBonded)
        return device
    }

    /// Forgets those that have been silent for too long, and returns their addresses as people write them.
    package mutating func expire(at now: Duration) -> [String] {
        let silent = sightings.filter { now - $0.value.lastSeen > Self.silenceMax }
        for peer in silent.keys { forget(peer) }
        return silent.values.map(\.device.address).sorted()
    }

    /// Its next report is news: it was paired or unpaired.
    package mutating func forget(_ peer: BluetoothPeer) {
        guard let sighting = sightings.removeValue(forKey: peer), sighting.isStranger else { return }
        strangerCount -= 1
    }

    /// After the adapter went off: everything is seen anew.
    package mutating func clear() -> [String] {
        defer {
            sightings = [:]
            strangerCount = 0
        }
        return sightings.values.map(\.device.address).sorted()
    }

    private mutating func isWithinRate(isBonded: Bool, at now: Duration) -> Bool {
        if now - second >= .seconds(1) {
            second = now
            reportCount = 0
        }
        guard !isBonded else { return true }
        reportCount += 1
        return reportCount <= Self.reportCountMaxPerSecond
    }

    private func isChanged(_ new: Int?, _ old: Int?) -> Bool {
        guard let new, let old else { return (new == nil) != (old == nil) }
        return abs(new - old) >= Self.signalStep
    }
}

extension BluetoothPeer {
    /// As people write it: "ble:C0:01:02:03:04:05".
    package var linkAddress: String { "ble:\(address)" }
}
