import CORProtocol
package import FirmwareRollout
import MCUbootImage

// What hubs report of rollouts: firmware-specs/rollouts.md, section 6.
extension DeviceRegistry {
    /// Takes the reports of a batch that was accepted. The same again changes nothing.
    func note(_ reports: [JudgedStateReport], from hub: HubID) throws(SQLiteFailure) {
        guard !reports.isEmpty else { return }
        let now = clock()
        try database.transaction { () throws(SQLiteFailure) in
            for report in reports { try note(report, from: hub, at: now) }
        }
    }

    /// Devices of a rollout whose reports count, by what they say.
    package func reportGroups(of rollout: String) throws(SQLiteFailure) -> [StateReportGroup] {
        try database.rows(
            """
            SELECT version, failed, running_hash, count(*) FROM signed_reports WHERE rollout = ?
            GROUP BY version, failed, running_hash ORDER BY version, failed, running_hash
            """, .text(rollout)
        ) { (row) throws(SQLiteFailure) -> StateReportGroup? in
            guard let version = ImageVersion(row.text(0)), let hash = SHA256Hash(bytes: row.blob(2)) else { return nil }
            return StateReportGroup(
                version: version, isFailure: row.integer(1) != 0, runningHash: hash, deviceCount: Int(row.integer(3)))
        }.compactMap { $0 }
    }

    /// Devices of a rollout of which no report counts, by why not.
    package func uncountedReports(of rollout: String) throws(SQLiteFailure) -> [String: Int] {
        let rows = try database.rows(
            "SELECT reason, count(*) FROM uncounted_reports WHERE rollout = ? GROUP BY reason", .text(rollout)
        ) { (row) throws(SQLiteFailure) in (row.text(0), Int(row.integer(1))) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    private func note(_ judged: JudgedStateReport, from hub: HubID, at now: Int64) throws(SQLiteFailure) {
        switch judged.finding {
        case .uncounted(let reason): try noteUncounted(judged, reason, from: hub, at: now)
        case .sound(let proof):
            if try isKnown(proof, of: judged) { return }
            if let reason = try obstacle(to: proof, of: judged.serial, from: hub) {
                return try noteUncounted(judged, reason, from: hub, at: now)
            }
            try count(judged, proof, from: hub, at: now)
        }
    }

    /// The batch came again.
    private func isKnown(_ proof: JudgedStateReport.Proof, of judged: JudgedStateReport) throws(SQLiteFailure) -> Bool {
        try database.row(
            "SELECT 1 FROM report_proofs WHERE serial = ? AND hash = ? AND rollout = ?", .text(judged.serial.text),
            .blob(proof.hash.bytes), .text(judged.report.rollout)
        ) { (_) throws(SQLiteFailure) in true } ?? false
    }

    private func obstacle(
        to proof: JudgedStateReport.Proof, of serial: DeviceSerial, from hub: HubID
    ) throws(SQLiteFailure) -> JudgedStateReport.Reason? {
        // Nobody but the hub that has the device says what became of it.
        if let owner = try registration(of: serial)?.hub, owner != hub { return .anotherHub }
        let registered =
            try database.row("SELECT thumbprint FROM registrations WHERE serial = ?", .text(serial.text)) {
                (row) throws(SQLiteFailure) in row.optionalBlob(0)
            } ?? nil
        if let registered, registered != proof.thumbprint.bytes { return .certificateDiffers }
        // A device's own time only goes on: what is not later than what it has signed before is played again.
        let isLater =
            try database.row(
                "SELECT boot < ?2 OR (boot = ?2 AND uptime_ms < ?3) FROM report_moments WHERE serial = ?1",
                .text(serial.text), .integer(Int64(proof.bootCounter)),
                .integer(Int64(clamping: proof.uptimeMilliseconds))
            ) { (row) throws(SQLiteFailure) in row.integer(0) != 0 } ?? true
        return isLater ? nil : .replayed
    }

    private func count(
        _ judged: JudgedStateReport, _ proof: JudgedStateReport.Proof, from hub: HubID, at now: Int64
    ) throws(SQLiteFailure) {
        let report = judged.report
        try database.execute(
            "INSERT INTO report_proofs (serial, hash, rollout) VALUES (?, ?, ?)", .text(judged.serial.text),
            .blob(proof.hash.bytes), .text(report.rollout))
        try database.execute(
            "REPLACE INTO report_moments (serial, boot, uptime_ms) VALUES (?, ?, ?)", .text(judged.serial.text),
            .integer(Int64(proof.bootCounter)), .integer(Int64(clamping: proof.uptimeMilliseconds)))
        try database.execute(
            """
            INSERT INTO signed_reports (rollout, serial, hub, failed, version, running_hash, report, at_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT DO UPDATE SET hub = ?3, failed = 1, version = ?5, running_hash = ?6, report = ?7, at_ms = ?8
            WHERE excluded.failed = 1
            """, .text(report.rollout), .text(judged.serial.text), .text(hub.text),
            .integer(report.end.isFailure ? 1 : 0), .text(report.version.description),
            .blob(proof.runningHash.bytes), .text(report.text), .integer(now))
        try database.execute(
            "DELETE FROM uncounted_reports WHERE rollout = ? AND serial = ?", .text(report.rollout),
            .text(judged.serial.text))
    }

    /// Beside a report that counts it is of no interest.
    private func noteUncounted(
        _ judged: JudgedStateReport, _ reason: JudgedStateReport.Reason, from hub: HubID, at now: Int64
    ) throws(SQLiteFailure) {
        try database.execute(
            """
            REPLACE INTO uncounted_reports (rollout, serial, hub, reason, report, at_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6
            WHERE NOT EXISTS (SELECT 1 FROM signed_reports WHERE rollout = ?1 AND serial = ?2)
            """, .text(judged.report.rollout), .text(judged.serial.text), .text(hub.text), .text(reason.rawValue),
            .text(judged.report.text), .integer(now))
    }
}
