import CORProtocol
import HubCore
import Synchronization

/// Takes people's orders to the session that works with a device, and brings back what becomes of them.
///
/// Every order ends with `done` or `failed`, once.
final class DeviceDesk: Sendable {
    enum Delivery: Sendable {
        case order(DeviceOrderID, DeviceOrder, to: DeviceSerial)
        case withdrawal(DeviceOrderID, to: DeviceSerial)
    }

    private struct Slip {
        var serial: DeviceSerial
        /// Of the session that has the order; nil until one has it.
        var address: String?
        var tell: @Sendable (DeviceOrderNews) -> Void
    }

    private struct State {
        var count: UInt64 = 0
        var slips: [DeviceOrderID: Slip] = [:]
    }

    /// Orders under way at a time, of all devices.
    private static let slipCountMax = 64

    private let deliver: @Sendable (Delivery) -> Void
    private let state = Mutex(State())

    /// - Parameter deliver: hands on to whoever knows the sessions; must not block.
    init(deliver: @escaping @Sendable (Delivery) -> Void) {
        self.deliver = deliver
    }

    /// - Returns: what takes the order back.
    func submit(
        _ order: DeviceOrder, to serial: DeviceSerial, _ tell: @escaping @Sendable (DeviceOrderNews) -> Void
    ) -> @Sendable () -> Void {
        let id = state.withLock { state -> DeviceOrderID? in
            guard state.slips.count < Self.slipCountMax else { return nil }
            state.count += 1
            let id = DeviceOrderID(rawValue: state.count)
            state.slips[id] = Slip(serial: serial, tell: tell)
            return id
        }
        guard let id else {
            tell(.failed(.tooMany))
            return {}
        }
        deliver(.order(id, order, to: serial))
        return { [self] in
            if state.withLock({ $0.slips[id] != nil }) { deliver(.withdrawal(id, to: serial)) }
        }
    }

    /// The session over this link has the order.
    func note(_ id: DeviceOrderID, isAt address: String) {
        state.withLock { $0.slips[id]?.address = address }
    }

    func tell(_ id: DeviceOrderID, _ news: DeviceOrderNews) {
        let tell = state.withLock { state -> (@Sendable (DeviceOrderNews) -> Void)? in
            switch news {
            case .awaitsButton, .uploaded: return state.slips[id]?.tell
            case .done, .failed: return state.slips.removeValue(forKey: id)?.tell
            }
        }
        tell?(news)
    }

    /// The session over this link is over: what it had and did not answer comes to nothing.
    func sessionEnded(at address: String) {
        let lost = state.withLock { state in state.slips.filter { $0.value.address == address }.map(\.key) }
        for id in lost { tell(id, .failed(.linkLost)) }
    }
}
