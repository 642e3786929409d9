package import CORProtocol
import FirmwareRollout

// What hubs report of rollouts: firmware-specs/rollouts.md, section 6.
extension DeviceRegistry {
    /// Devices that were tried by a rollout, and those of them that failed; each counts once.
    package struct ReportCounts: Sendable, Hashable {
        package var attempted: Int
        package var failed: Int

        package init(attempted: Int, failed: Int) {
            self.attempted = attempted
            self.failed = failed
        }
    }

    /// Takes the reports of a batch that was accepted. The same again changes nothing.
    package func note(_ events: [FirmwareEvent], from hub: HubID) throws(SQLiteFailure) {
        let reports = events.compactMap { event in StateReport(event).map { (event.serial, $0) } }
        guard !reports.isEmpty else { return }
        let now = clock()
        try database.transaction { () throws(SQLiteFailure) in
            for (serial, report) in reports where report.end.isAttempt {
                // Nobody but the hub that has the device says what became of it.
                if let owner = try registration(of: serial)?.hub, owner != hub { continue }
                try database.execute(
                    """
                    INSERT INTO state_reports (rollout, serial, hub, failed, report, at_ms)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                    ON CONFLICT DO UPDATE SET hub = ?3, failed = 1, report = ?5, at_ms = ?6
                    WHERE excluded.failed = 1
                    """, .text(report.rollout), .text(serial.text), .text(hub.text),
                    .integer(report.end.isFailure ? 1 : 0), .text(report.text), .integer(now))
            }
        }
    }

    package func reportCounts(of rollout: String) throws(SQLiteFailure) -> ReportCounts {
        try database.row(
            "SELECT count(*), coalesce(sum(failed), 0) FROM state_reports WHERE rollout = ?", .text(rollout)
        ) { (row) throws(SQLiteFailure) in
            ReportCounts(attempted: Int(row.integer(0)), failed: Int(row.integer(1)))
        } ?? ReportCounts(attempted: 0, failed: 0)
    }
}
