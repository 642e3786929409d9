import CBORCoding
package import CORProtocol
package import HubCore

extension StoreTransaction {
    package func remember(_ entry: HistoryEntry, of subject: SubjectID) throws(StoreFault) {
        try insert(
            .history,
            [try nextKey(of: .history), .text(subject.text), .integer(entry.measuredMilliseconds)],
            content: sealed(entry.encoded(), in: .history))
    }

    package func assign(_ serial: DeviceSerial, _ assignment: DeviceAssignment) throws(StoreFault) {
        try set(Self.assignmentSetting(serial), assignment.encoded())
    }

    /// Forgets what the trend knew of a person, and whose devices were theirs: these are nobody's from then on.
    ///
    /// Readings and results are not touched.
    package func forgetHistory(of subject: SubjectID) throws(StoreFault) {
        try connection.run("DELETE FROM history WHERE subject = ?", [.text(subject.text)])
        for row in try rows(.settings, "WHERE key >= 'assignment/' AND key < 'assignment0'") {
            guard let serial = DeviceSerial(String(row.keyText.dropFirst(Self.assignmentPrefix.count))),
                var assignment = try assignment(of: serial), assignment.subject == subject
            else { continue }
            assignment.subject = nil
            try assign(serial, assignment)
        }
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
