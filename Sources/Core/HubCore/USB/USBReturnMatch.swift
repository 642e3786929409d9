package import CORProtocol

/// Recognises the device that a link waits for, above all one that comes back after a reset or an unplug.
///
/// After a reset the device has to come back where it was: the same serial number at another port within that time is
/// another device. After an unplug any port will do. What is said here is where to try; who it is, attestation tells.
package struct USBReturnMatch: Sendable, Equatable {
    /// How the device was lost.
    package enum Loss: Sendable, Hashable {
        /// Its port was reset or it restarts: it enumerates again by itself.
        case reset
        /// It is no longer on the bus: somebody plugs it in again.
        case unplugged
    }

    /// A loss, and where the device was.
    package struct Lost: Sendable, Hashable {
        package var loss: Loss
        package var portPath: String
        /// When, on the caller's monotonic clock.
        package var since: Duration

        package init(_ loss: Loss, portPath: String, since: Duration) {
            self.loss = loss
            self.portPath = portPath
            self.since = since
        }
    }

    package enum Verdict: Sendable, Equatable {
        case open(USBPlace)
        /// Not there yet. Look again after this, whether or not the system tells of a change.
        case wait(lookAgainAfter: Duration)
        case expired
    }

    /// From the loss to the return.
    package static let resetDeadline = Duration.seconds(10)
    package static let replugDeadline = Duration.seconds(40)
    /// From one look to the next while a device is expected.
    package static let lookInterval = Duration.milliseconds(500)
    /// The same when nobody knows that it will come.
    package static let idleLookInterval = Duration.seconds(10)

    private let serial: DeviceSerial
    private let lost: Lost?
    /// When the owner stops waiting; nil is never.
    private let deadline: Duration?

    /// - Parameter deadline: when the owner stops waiting, on the caller's monotonic clock; nil is never.
    package init(serial: DeviceSerial, lost: Lost? = nil, deadline: Duration? = nil) {
        self.serial = serial
        self.lost = lost
        self.deadline = deadline
    }

    /// - Parameter present: devices that were admitted, by serial number.
    package func verdict(on present: [DeviceSerial: USBPlace], at now: Duration) -> Verdict {
        if let place = present[serial], isAcceptable(place, at: now) {
            return .open(place)
        }
        if let deadline, now >= deadline { return .expired }
        let isExpected = lost.map { now - $0.since < Self.replugDeadline } ?? false
        let interval = isExpected ? Self.lookInterval : Self.idleLookInterval
        return .wait(lookAgainAfter: deadline.map { min(interval, $0 - now) } ?? interval)
    }

    private func isAcceptable(_ place: USBPlace, at now: Duration) -> Bool {
        guard let lost, lost.loss == .reset, now - lost.since < Self.resetDeadline else { return true }
        return place.portPath == lost.portPath
    }
}
