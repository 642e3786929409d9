package import CORProtocol
package import HubCore
import Synchronization

/// What the services are doing at this moment, for `corhub status` and `corhub device list`. Lost at the end.
package final class StatusBoard: Sendable {
    package struct Connection: Sendable, Equatable {
        package enum State: Sendable, Equatable {
            case searching
            case connected
            /// It has proven who it is, and waits until a person claims it.
            case unclaimed
            case refused(SessionRefusal)
            case waiting(reason: String)
            /// A better link to the same device is used.
            case hidden(behind: String)
        }

        package var address: String
        package var link: LinkKind
        package var serial: DeviceSerial?
        package var state: State
        package var status: StatusResponse?
        package var seen: TimeBlock?
        /// dBm, where the kind of link has any.
        package var signalStrength: Int?
    }

    /// Whether devices are looked for on one kind of link, and why not where that cannot be.
    package struct Discovery: Sendable, Equatable {
        package var link: LinkKind
        package var unavailable: String?
    }

    /// How far the renewal of certificates is.
    package struct Renewal: Sendable, Equatable {
        package var state = CertificateRenewal.State.idle
        /// When each begins, ms since 1970.
        package var dueMilliseconds: [HubKeyUse: Int64] = [:]
        /// Attempts that have ended since the start.
        package var attemptCount = 0
    }

    /// Connections that are shown; what is discovered on top is not.
    package static let connectionCountMax = 256

    private struct Content {
        var connections: [String: Connection] = [:]
        var discoveries: [LinkKind: String?] = [:]
        var forwarding: Forwarder.State = .starting
        var renewal = Renewal()
        /// Why the upstream has not agreed yet, by device.
        var registrations: [DeviceSerial: String] = [:]
    }

    private let content = Mutex(Content())

    package init() {}

    /// Ordered by address.
    package var connections: [Connection] {
        content.withLock { $0.connections.values.sorted { $0.address < $1.address } }
    }

    /// Ordered by kind.
    package var discoveries: [Discovery] {
        content.withLock { content in
            content.discoveries.map { Discovery(link: $0.key, unavailable: $0.value) }
                .sorted { $0.link.rank < $1.link.rank }
        }
    }

    package var forwarding: Forwarder.State {
        content.withLock { $0.forwarding }
    }

    package var renewal: Renewal {
        content.withLock { $0.renewal }
    }

    func note(renewal state: CertificateRenewal.State, due: [HubKeyUse: Int64]) {
        content.withLock { content in
            if content.renewal.state == .renewing, state != .renewing { content.renewal.attemptCount += 1 }
            content.renewal.state = state
            content.renewal.dueMilliseconds = due
        }
    }

    /// Why the upstream has not agreed yet to whose the device is; nil where nothing is open or nothing is known.
    package func registrationWaits(_ serial: DeviceSerial) -> String? {
        content.withLock { $0.registrations[serial] }
    }

    func note(registrationOf serial: DeviceSerial, waitsFor reason: String?) {
        content.withLock { $0.registrations[serial] = reason }
    }

    func note(_ state: Forwarder.State) {
        content.withLock { $0.forwarding = state }
    }

    func note(_ address: String, link: LinkKind, _ change: (inout Connection) -> Void) {
        content.withLock { content in
            guard content.connections[address] != nil || content.connections.count < Self.connectionCountMax else {
                return
            }
            var connection =
                content.connections[address]
                ?? Connection(address: address, link: link, serial: nil, state: .searching, status: nil, seen: nil)
            change(&connection)
            content.connections[address] = connection
        }
    }

    /// Changes what is known of a connection; nothing where it is not known.
    func note(known address: String, _ change: (inout Connection) -> Void) {
        content.withLock { content in
            guard var connection = content.connections[address] else { return }
            change(&connection)
            content.connections[address] = connection
        }
    }

    func note(discoveryOf kind: LinkKind, unavailable reason: String?) {
        content.withLock { $0.discoveries[kind] = .some(reason) }
    }

    func forget(_ address: String) {
        content.withLock { $0.connections[address] = nil }
    }
}
