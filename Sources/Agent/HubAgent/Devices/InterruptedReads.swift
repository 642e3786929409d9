import CORProtocol
import HubCore
import Synchronization

/// Records that were cut off half read, kept in memory for the device's next session; whichever link it comes over.
final class InterruptedReads: Sendable {
    /// Devices whose half-read record is kept; one record each.
    private static let countMax = 16

    private let fetches = Mutex<[DeviceSerial: RecordFetch]>([:])

    func keep(_ fetch: RecordFetch?) {
        guard let fetch else { return }
        fetches.withLock { fetches in
            guard fetches.count < Self.countMax || fetches[fetch.serial] != nil else { return }
            fetches[fetch.serial] = fetch
        }
    }

    func take(of serial: DeviceSerial) -> RecordFetch? {
        fetches.withLock { $0.removeValue(forKey: serial) }
    }
}
