import CBORCoding
package import CORProtocol
package import HubCore

extension StoreTransaction {
    package func remember(_ entry: HistoryEntry, of subject: SubjectID) throws(StoreFault) {
        try insert(
            .history,
            [try nextKey(of: .history), .text(subject.text), .integer(entry.measuredMilliseconds)],
            content: StoredContent(entry.encoded()))
    }

    package func assign(_ serial: DeviceSerial, _ assignment: DeviceAssignment) throws(StoreFault) {
        try set(Self.assignmentSetting(serial), assignment.encoded())
    }

    /// Stores what was derived of a stored record; the same result again changes nothing.
    ///
    /// - Returns: Whether it was new.
    package func insert(_ derivation: RecordIntake.Derivation) throws(StoreFault) -> Bool {
        guard try insert(result: derivation.result) else { return false }
        if let history = derivation.history { try remember(history, of: derivation.subject) }
        return true
    }
}
