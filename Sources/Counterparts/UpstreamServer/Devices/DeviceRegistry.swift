package import CORProtocol
import COSESigning

/// Whose each device is, and which devices must not be used.
///
/// A device is one hub's or nobody's. Every change stays in the list of changes, with who made it.
package actor DeviceRegistry {
    package struct Registration: Sendable, Hashable {
        package var serial: DeviceSerial
        package var hub: HubID
        package var trust: DeviceTrustLevel
        package var registeredMilliseconds: Int64
    }

    package enum Decision: Sendable, Hashable {
        case registered(Registration)
        /// Another hub's.
        case elsewhere
        case recalled(DeviceRecall)
    }

    private let thread = DatabaseThread()
    let database: SQLiteConnection
    private let signer: P256COSESigner
    private let certificate: [UInt8]
    private let environment: String
    let clock: UpstreamClock

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    package init(folder: StateFolder, clock: @escaping UpstreamClock) throws {
        signer = P256COSESigner(folder.receiptKey)
        certificate = try folder.receiptCertificate.derBytes()
        environment = folder.settings.environment
        self.clock = clock
        database = try SQLiteConnection(path: folder.registryPath, journal: .shared)
        try database.script(RegistrySchema.script)
        try database.execute("INSERT INTO recall_list VALUES (1, 1, ?) ON CONFLICT DO NOTHING", .integer(clock()))
    }

    // MARK: Registration

    /// The same again is harmless: whoever has the device has it.
    package func register(
        _ serial: DeviceSerial, for hub: HubID, evidence: DeviceEvidenceInspector.Finding
    ) throws(SQLiteFailure) -> Decision {
        let now = clock()
        return try database.transaction { () throws(SQLiteFailure) -> Decision in
            if let recall = try recall(of: serial) { return .recalled(recall) }
            if let known = try registration(of: serial) {
                guard known.hub == hub else { return .elsewhere }
                return .registered(known)
            }
            try database.execute(
                "INSERT INTO registrations (serial, hub, trust, thumbprint, registered_ms) VALUES (?, ?, ?, ?, ?)",
                .text(serial.text), .text(hub.text), .text(evidence.trust.rawValue),
                evidence.thumbprint.map { .blob($0.bytes) } ?? .null, .integer(now))
            try note("registered for \(hub.text)", of: serial, by: hub.text, at: now)
            return .registered(
                Registration(serial: serial, hub: hub, trust: evidence.trust, registeredMilliseconds: now))
        }
    }

    /// - Parameter hub: nil releases it whoever has it.
    /// - Returns: whether it was registered, for that hub.
    @discardableResult
    package func release(_ serial: DeviceSerial, by caller: String, of hub: HubID?) throws(SQLiteFailure) -> Bool {
        let now = clock()
        return try database.transaction { () throws(SQLiteFailure) -> Bool in
            guard let known = try registration(of: serial), hub == nil || known.hub == hub else { return false }
            try database.execute("DELETE FROM registrations WHERE serial = ?", .text(serial.text))
            try note("released from \(known.hub.text)", of: serial, by: caller, at: now)
            return true
        }
    }

    package func registrations() throws(SQLiteFailure) -> [Registration] {
        try database.rows("SELECT serial, hub, trust, registered_ms FROM registrations ORDER BY serial") {
            (row) throws(SQLiteFailure) in Self.registration(row)
        }.compactMap { $0 }
    }

    func registration(of serial: DeviceSerial) throws(SQLiteFailure) -> Registration? {
        try database.row(
            "SELECT serial, hub, trust, registered_ms FROM registrations WHERE serial = ?", .text(serial.text)
        ) { (row) throws(SQLiteFailure) in Self.registration(row) } ?? nil
    }

    private static func registration(_ row: SQLiteRow) -> Registration? {
        guard let serial = DeviceSerial(row.text(0)), let hub = HubID(row.text(1)),
            let trust = DeviceTrustLevel(rawValue: row.text(2))
        else { return nil }
        return Registration(serial: serial, hub: hub, trust: trust, registeredMilliseconds: row.integer(3))
    }

    // MARK: Recalls

    /// - Returns: false where the list is full.
    package func recall(_ recall: DeviceRecall, by caller: String) throws(SQLiteFailure) -> Bool {
        let now = clock()
        return try database.transaction { () throws(SQLiteFailure) -> Bool in
            let count = try database.row("SELECT count(*) FROM recalls WHERE serial <> ?", .text(recall.serial.text)) {
                (row) throws(SQLiteFailure) in row.integer(0)
            }
            guard (count ?? 0) < CORLimits.recallCountMax else { return false }
            try database.execute(
                "REPLACE INTO recalls (serial, state, reason, since_ms) VALUES (?, ?, ?, ?)",
                .text(recall.serial.text), .integer(Int64(recall.state.rawValue)), .text(recall.reason), .integer(now))
            try note("\(recall.state): \(recall.reason)", of: recall.serial, by: caller, at: now)
            try listChanged(at: now)
            return true
        }
    }

    /// - Returns: whether it was recalled.
    package func reinstate(_ serial: DeviceSerial, by caller: String) throws(SQLiteFailure) -> Bool {
        let now = clock()
        return try database.transaction { () throws(SQLiteFailure) -> Bool in
            guard try database.execute("DELETE FROM recalls WHERE serial = ?", .text(serial.text)) > 0 else {
                return false
            }
            try note("reinstated", of: serial, by: caller, at: now)
            try listChanged(at: now)
            return true
        }
    }

    package func recalls() throws(SQLiteFailure) -> [DeviceRecall] {
        try database.rows("SELECT serial, state, reason FROM recalls ORDER BY serial") {
            (row) throws(SQLiteFailure) in Self.recall(row)
        }.compactMap { $0 }
    }

    /// The signed list, where its number is above `number`.
    package func signedRecalls(newerThan number: UInt64) throws(LedgerFailure) -> [UInt8]? {
        let list: RecallList
        do throws(SQLiteFailure) {
            let head = try database.row("SELECT number, changed_ms FROM recall_list") {
                (row) throws(SQLiteFailure) in (UInt64(clamping: row.integer(0)), row.integer(1))
            }
            guard let head, head.0 > number else { return nil }
            list = RecallList(number: head.0, signedMilliseconds: head.1, recalls: try recalls())
        } catch {
            throw .storage(error)
        }
        do throws(COSEError) {
            return try SignedRecallList.signing(
                list, environment: environment, certificate: certificate, signer: signer
            ).bytes
        } catch {
            throw .signing(error)
        }
    }

    private func recall(of serial: DeviceSerial) throws(SQLiteFailure) -> DeviceRecall? {
        try database.row("SELECT serial, state, reason FROM recalls WHERE serial = ?", .text(serial.text)) {
            (row) throws(SQLiteFailure) in Self.recall(row)
        } ?? nil
    }

    private static func recall(_ row: SQLiteRow) -> DeviceRecall? {
        guard let serial = DeviceSerial(row.text(0)),
            let state = UInt8(exactly: row.integer(1)).flatMap(RecallState.init(rawValue:))
        else { return nil }
        return DeviceRecall(serial: serial, state: state, reason: row.text(2))
    }

    private func listChanged(at now: Int64) throws(SQLiteFailure) {
        try database.execute("UPDATE recall_list SET number = number + 1, changed_ms = ?", .integer(now))
    }

    private func note(
        _ change: String, of serial: DeviceSerial, by caller: String, at now: Int64
    ) throws(SQLiteFailure) {
        try database.execute(
            "INSERT INTO changes (at_ms, serial, change, caller) VALUES (?, ?, ?, ?)", .integer(now),
            .text(serial.text), .text(change), .text(caller))
    }
}
