import CORProtocol
import HubCore

// Whose measurements they are is said by the session's configuration here, and no trend is asked for.
extension SimulatedStore {
    func assignment(of serial: DeviceSerial) -> DeviceAssignment? { nil }

    func remember(_ entry: HistoryEntry, of subject: SubjectID) {}
}
