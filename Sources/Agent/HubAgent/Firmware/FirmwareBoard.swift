import CORProtocol
import HubCore
import Synchronization

/// What is shown of updates: as the service last had it.
final class FirmwareBoard: Sendable {
    struct Entry: Sendable {
        var record: FirmwareRecord
        var reasons: [FirmwareWaitReason] = []
        var upload: Upload?
    }

    struct Upload: Sendable {
        var offset: Int
        var length: Int
        /// Where it was when it was first seen, and when that was.
        var firstOffset: Int
        var startedAt: ContinuousClock.Instant

        /// Bytes a second since then; nil before there is a difference.
        func rate(at now: ContinuousClock.Instant) -> Double? {
            let seconds = (now - startedAt) / .seconds(1)
            guard seconds > 0, offset > firstOffset else { return nil }
            return Double(offset - firstOffset) / seconds
        }
    }

    private struct State {
        var entries: [DeviceSerial: Entry] = [:]
        var settings = FirmwareSettings()
    }

    private let state = Mutex(State())

    var entries: [Entry] {
        state.withLock { $0.entries.values.sorted { $0.record.serial.text < $1.record.serial.text } }
    }

    var settings: FirmwareSettings { state.withLock { $0.settings } }

    func entry(of serial: DeviceSerial) -> Entry? {
        state.withLock { $0.entries[serial] }
    }

    func note(_ record: FirmwareRecord) {
        state.withLock { state in
            state.entries[record.serial, default: Entry(record: record)].record = record
            if record.phase != .uploading { state.entries[record.serial]?.upload = nil }
        }
    }

    func note(_ serial: DeviceSerial, waitsFor reasons: [FirmwareWaitReason]) {
        state.withLock { $0.entries[serial]?.reasons = reasons }
    }

    func note(_ serial: DeviceSerial, offset: Int, length: Int) {
        let now = ContinuousClock.now
        state.withLock { state in
            if state.entries[serial]?.upload == nil {
                state.entries[serial]?.upload = Upload(
                    offset: offset, length: length, firstOffset: offset, startedAt: now)
            }
            state.entries[serial]?.upload?.offset = offset
        }
    }

    func note(_ settings: FirmwareSettings) {
        state.withLock { $0.settings = settings }
    }
}
