package import CORProtocol
import Crypto
import DurableFiles
import FoundationEssentials
import X509

/// Gives out tokens and certificates, and knows which of them still count.
package actor EnrolmentDesk {
    /// Whether a certificate that the authority issued may still be used.
    package enum Standing: Sendable, Hashable {
        case good
        case revoked
        /// Not issued by this desk, or for a hub that never enrolled.
        case unknown
    }

    package struct HubRecord: Sendable, Hashable {
        package var hub: HubID
        package var enrolledMilliseconds: Int64
        package var revokedMilliseconds: Int64?
    }

    private let thread = DatabaseThread()
    let database: SQLiteConnection
    let folder: StateFolder
    let clock: UpstreamClock

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    package init(folder: StateFolder, clock: @escaping UpstreamClock) throws(SQLiteFailure) {
        self.folder = folder
        self.clock = clock
        database = try SQLiteConnection(path: folder.deskPath, journal: .shared)
        try database.transaction { [database] () throws(SQLiteFailure) in
            let version =
                try database.row("PRAGMA user_version") { (row) throws(SQLiteFailure) in row.integer(0) } ?? 0
            guard version != DeskSchema.version else { return }
            let tableCount = try database.row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") {
                (row) throws(SQLiteFailure) in row.integer(0)
            }
            guard version == 0, tableCount == 0 else {
                throw SQLiteFailure(
                    code: 1, message: "\(folder.deskPath) is of another version: make a new state folder")
            }
            try database.script(DeskSchema.script)
        }
    }

    // MARK: Tokens

    /// - Parameter isHeld: nothing is issued until `release(tokenID:)`; whoever uses it meanwhile is asked to wait.
    package func createToken(
        for hub: HubID, lifetime: Duration, isHeld: Bool = false
    ) throws(SQLiteFailure) -> EnrolmentToken {
        var generator = SystemRandomNumberGenerator()
        let token = EnrolmentToken(generator: &generator)
        let now = clock()
        try database.execute(
            "INSERT INTO tokens (hash, hub, created_ms, expires_ms, held) VALUES (?, ?, ?, ?, ?)",
            .blob(token.hash.bytes), .text(hub.text), .integer(now),
            .integer(now + lifetime.components.seconds * 1000), .integer(isHeld ? 1 : 0))
        return token
    }

    /// What is handed to whoever installs the hub.
    package nonisolated func claim(of token: EnrolmentToken, for hub: HubID) throws(CertificateFault) -> ClaimToken {
        ClaimToken(
            hub: hub, secret: token.text, authority: SHA256Hash.of(try folder.authority.certificate.derBytes()))
    }

    package func tokens() throws(SQLiteFailure) -> [TokenRecord] {
        let now = clock()
        return try database.rows(
            "SELECT hash, hub, created_ms, expires_ms, used_ms, revoked_ms, held FROM tokens ORDER BY created_ms"
        ) { (row) throws(SQLiteFailure) -> TokenRecord? in
            guard let hub = HubID(row.text(1)), let hash = SHA256Hash(bytes: row.blob(0)) else { return nil }
            let state: TokenRecord.State =
                switch (row.isNull(5), row.isNull(4)) {
                case (false, _): .revoked
                case (true, false): .used
                case (true, true): row.integer(3) <= now ? .expired : row.integer(6) != 0 ? .held : .open
                }
            return TokenRecord(
                id: TokenRecord.id(of: hash), hub: hub, createdMilliseconds: row.integer(2),
                expiresMilliseconds: row.integer(3), usedMilliseconds: row.optionalInteger(4), state: state)
        }.compactMap { $0 }
    }

    /// - Returns: whether there was a token of that id that could still be used.
    package func revokeToken(id: String) throws(SQLiteFailure) -> Bool {
        try database.execute(
            """
            UPDATE tokens SET revoked_ms = ? WHERE substr(lower(hex(hash)), 1, \(TokenRecord.idLength)) = ?
            AND used_ms IS NULL AND revoked_ms IS NULL
            """, .integer(clock()), .text(id)) > 0
    }

    /// - Returns: whether there was a held token of that id.
    package func release(tokenID id: String) throws(SQLiteFailure) -> Bool {
        try database.execute(
            """
            UPDATE tokens SET held = 0 WHERE substr(lower(hex(hash)), 1, \(TokenRecord.idLength)) = ?
            AND held = 1 AND used_ms IS NULL AND revoked_ms IS NULL
            """, .text(id)) > 0
    }

    // MARK: Operators

    /// Makes an operator's key and certificate: NAME.key, NAME.pem and, to know the server by, ca.pem.
    package func createOperator(name: String, into path: String) throws(EnrolmentRefusal) -> OperatorFiles {
        let now = clock()
        let key = P256.Signing.PrivateKey()
        let files = OperatorFiles(
            certificate: "\(path)/\(name).pem", key: "\(path)/\(name).key", authority: "\(path)/ca.pem")
        let certificate = try faultingRequest { () throws(CertificateFault) in
            let certificate = try folder.authority.issue(
                .operator, commonName: name, publicKey: .init(key.publicKey), at: Date(milliseconds: now))
            try ServerFile.makeFolder(path)
            try ServerFile.write(key.pemRepresentation, to: files.key, .owner)
            try ServerFile.write(try certificate.pemText(), to: files.certificate, .everyone)
            try ServerFile.write(try folder.authority.certificate.pemText(), to: files.authority, .everyone)
            return try IssuedCertificate(certificate, .operator, keyHash: .of(Array(key.publicKey.derRepresentation)))
        }
        try stored { (desk) throws(SQLiteFailure) in try desk.insert(certificate, at: now) }
        return files
    }

    /// Where an operator's files are.
    package struct OperatorFiles: Sendable, Hashable {
        package var certificate: String
        package var key: String
        package var authority: String
    }

    package func revokeOperator(_ name: String) throws(SQLiteFailure) -> Bool {
        try database.execute(
            "UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role = ? AND revoked_ms IS NULL",
            .integer(clock()), .text(name), .text(CertificateRole.operator.rawValue)) > 0
    }

    // MARK: Hubs

    package func hubs() throws(SQLiteFailure) -> [HubRecord] {
        try database.rows("SELECT hub, enrolled_ms, revoked_ms FROM hubs ORDER BY hub") {
            (row) throws(SQLiteFailure) -> HubRecord? in
            HubID(row.text(0)).map {
                HubRecord(hub: $0, enrolledMilliseconds: row.integer(1), revokedMilliseconds: row.optionalInteger(2))
            }
        }.compactMap { $0 }
    }

    /// Bars a hub and everything it holds, its open tokens too; it may enrol again with a new one.
    package func revokeHub(_ hub: HubID) throws(SQLiteFailure) -> Bool {
        let now = clock()
        return try database.transaction { () throws(SQLiteFailure) in
            try database.execute(
                """
                UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role IN (?, ?) AND revoked_ms IS NULL
                """, .integer(now), .text(hub.text), .text(CertificateRole.hubTransport.rawValue),
                .text(CertificateRole.hubSigning.rawValue))
            try database.execute(
                "UPDATE tokens SET revoked_ms = ? WHERE hub = ? AND revoked_ms IS NULL AND used_ms IS NULL",
                .integer(now), .text(hub.text))
            return try database.execute(
                "UPDATE hubs SET revoked_ms = ?, signing_open = 0 WHERE hub = ?", .integer(now), .text(hub.text)) > 0
        }
    }

    // MARK: Standing

    package func standing(ofThumbprint thumbprint: SHA256Hash) throws(SQLiteFailure) -> Standing {
        let revoked = try database.row(
            "SELECT revoked_ms IS NOT NULL FROM certificates WHERE thumbprint = ?", .blob(thumbprint.bytes)
        ) { (row) throws(SQLiteFailure) in row.integer(0) != 0 }
        return switch revoked {
        case nil: .unknown
        case true?: .revoked
        case false?: .good
        }
    }

    /// Notes that a hub uses a certificate. From the first use of a transport certificate on, the ones before it are
    /// barred: until then the hub may not have received it, and after that nobody but a thief holds them.
    package func noteUse(ofThumbprint thumbprint: SHA256Hash) throws(SQLiteFailure) {
        let now = clock()
        let fresh = try database.row(
            "SELECT name, role, number FROM certificates WHERE thumbprint = ? AND used_ms IS NULL",
            .blob(thumbprint.bytes)
        ) { (row) throws(SQLiteFailure) in (name: row.text(0), role: row.text(1), number: row.integer(2)) }
        guard let fresh else { return }
        try database.transaction { () throws(SQLiteFailure) in
            try database.execute(
                "UPDATE certificates SET used_ms = ? WHERE thumbprint = ?", .integer(now), .blob(thumbprint.bytes))
            guard fresh.role == CertificateRole.hubTransport.rawValue else { return }
            try database.execute(
                """
                UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role = ? AND number < ? AND revoked_ms IS NULL
                """, .integer(now), .text(fresh.name), .text(fresh.role), .integer(fresh.number))
        }
    }

    func stored<Value>(
        _ body: (isolated EnrolmentDesk) throws(SQLiteFailure) -> Value
    ) throws(EnrolmentRefusal) -> Value {
        do throws(SQLiteFailure) { return try body(self) } catch { throw .storage(error) }
    }

    func faultingRequest<Value>(_ body: () throws(CertificateFault) -> Value) throws(EnrolmentRefusal) -> Value {
        do throws(CertificateFault) { return try body() } catch { throw .request(error) }
    }
}
