package import CORProtocol
package import HubCore
import Synchronization

/// What the services are doing at this moment, for `corhub status` and `corhub device list`. Lost at the end.
package final class StatusBoard: Sendable {
    package struct Connection: Sendable, Equatable {
        package enum State: Sendable, Equatable {
            case searching
            case connected
            case refused(SessionRefusal)
            case waiting(reason: String)
        }

        package var address: String
        package var link: LinkKind
        package var serial: DeviceSerial?
        package var state: State
        package var status: StatusResponse?
        package var seen: TimeBlock?
    }

    private struct Content {
        var connections: [String: Connection] = [:]
        var forwarding: Forwarder.State = .starting
    }

    private let content = Mutex(Content())

    package init() {}

    /// Ordered by address.
    package var connections: [Connection] {
        content.withLock { $0.connections.values.sorted { $0.address < $1.address } }
    }

    package var forwarding: Forwarder.State {
        content.withLock { $0.forwarding }
    }

    func note(_ state: Forwarder.State) {
        content.withLock { $0.forwarding = state }
    }

    func note(_ address: String, link: LinkKind, _ change: (inout Connection) -> Void) {
        content.withLock { content in
            var connection =
                content.connections[address]
                ?? Connection(address: address, link: link, serial: nil, state: .searching, status: nil, seen: nil)
            change(&connection)
            content.connections[address] = connection
        }
    }
}
