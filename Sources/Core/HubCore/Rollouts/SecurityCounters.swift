package import CORProtocol
import COSESigning

/// What the boot loaders of the devices here demand, and which devices are to be asked for it.
///
/// A device signs its security counter in a state report (firmware-specs/device-behaviour.md, section 2). It is asked once in
/// each session, so that an image which its boot loader would erase is not offered at all. A counter never falls: the highest that
/// a device has ever signed holds, also while it is away and behind a restart of the hub.
package struct SecurityCounters: Sendable {
    package enum Event: Sendable, Hashable {
        /// The hub has started, and has kept this.
        case recalled(DemandedCounter)
        /// A session works with the device, which says something of itself.
        case deviceSeen(DeviceSerial)
        /// No session works with it any more.
        case deviceWent(DeviceSerial)
        /// It was looked at; nil: that came to nothing.
        case looked(DeviceSerial, StateReportCheck.Finding?)
        /// A state report that somebody else had asked for was verified.
        case signed(DeviceSerial, DeviceState)
        /// The store did not take what was to be kept of the device.
        case notKept(DeviceSerial)
    }

    package enum Effect: Sendable, Hashable {
        /// Look at the device, then report `.looked`.
        case look(DeviceSerial)
        /// Make it durable in the place of what was kept of the device, then go on; or report `.notKept`.
        case keep(DemandedCounter)
        /// What is known of a device is new.
        case changed
    }

    /// What is known of one device.
    package enum Standing: Sendable, Hashable {
        /// It was not asked in this life of the hub, and nothing that it signed before was kept.
        case unread
        /// It signs none, or none that verifies.
        case unknown
        case demands(UInt32)
    }

    /// How far the question of the present session is.
    private enum Inquiry: Sendable {
        case open(attemptCount: Int)
        case asked(attemptCount: Int)
        case closed
    }

    /// Devices of which something is known.
    package static let deviceCountMax = 256
    /// Looks in one session, until one of them is answered.
    package static let attemptCountMax = 3

    private var standings: [DeviceSerial: Standing] = [:]
    private var inquiries: [DeviceSerial: Inquiry] = [:]
    /// Devices of which the store has not what they demand: it is kept when they sign it again.
    private var unkept: Set<DeviceSerial> = []

    package init() {}

    /// Of devices beyond the limit nothing is known, and nothing is waited for.
    package subscript(serial: DeviceSerial) -> Standing {
        standings[serial] ?? (standings.count < Self.deviceCountMax ? .unread : .unknown)
    }

    package mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .recalled(let demanded):
            return note(.demands(demanded.counter), of: demanded.serial)
        case .deviceSeen(let serial):
            switch inquiries[serial] {
            case nil:
                guard inquiries.count < Self.deviceCountMax else { return [] }
                return look(serial, attemptCount: 1)
            case .open(let count): return look(serial, attemptCount: count + 1)
            case .asked, .closed: return []
            }
        case .deviceWent(let serial):
            inquiries[serial] = nil
            return []
        case .looked(let serial, let finding):
            guard case .asked(let count)? = inquiries[serial] else { return [] }
            switch finding {
            case .verified(let state, _)?:
                inquiries[serial] = .closed
                return learn(state, of: serial)
            case .notAsked?, .refused?:
                inquiries[serial] = .closed
                return note(.unknown, of: serial)
            case nil where count < Self.attemptCountMax:
                // It is asked again when it says something of itself.
                inquiries[serial] = .open(attemptCount: count)
                return []
            case nil:
                inquiries[serial] = .closed
                return note(.unknown, of: serial)
            }
        case .signed(let serial, let state):
            return learn(state, of: serial)
        case .notKept(let serial):
            unkept.insert(serial)
            return []
        }
    }

    /// What a device has signed is durable before anything is offered by it.
    private mutating func learn(_ state: DeviceState, of serial: DeviceSerial) -> [Effect] {
        let changes = note(.demands(state.securityCounter), of: serial)
        let wasUnkept = unkept.remove(serial) != nil
        guard case .demands(let counter) = self[serial], wasUnkept || !changes.isEmpty else { return [] }
        return [.keep(DemandedCounter(serial: serial, counter: counter))] + changes
    }

    private mutating func look(_ serial: DeviceSerial, attemptCount: Int) -> [Effect] {
        inquiries[serial] = .asked(attemptCount: attemptCount)
        return [.look(serial)]
    }

    private mutating func note(_ standing: Standing, of serial: DeviceSerial) -> [Effect] {
        let next: Standing =
            switch (self[serial], standing) {
            case (.demands(let before), .demands(let now)): .demands(max(before, now))
            case (.demands(let before), .unknown), (.demands(let before), .unread): .demands(before)
            case (.unknown, _), (.unread, _): standing
            }
        guard next != self[serial], standings[serial] != nil || standings.count < Self.deviceCountMax else { return [] }
        standings[serial] = next
        return [.changed]
    }
}

extension FirmwareRecord {
    /// What the device had signed of itself when its update was last kept.
    package var signedState: DeviceState? {
        stateReport.flatMap { SignedAttestation(ifSound: $0.attestation) }?.payload.state
    }
}
