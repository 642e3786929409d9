package import CORProtocol
import Crypto
import FoundationEssentials
import X509

/// Gives out tokens and certificates, and knows which of them still count.
package actor EnrolmentDesk: EnrolmentScheme {
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
    private let clock: UpstreamClock

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    package init(folder: StateFolder, clock: @escaping UpstreamClock) throws(SQLiteFailure) {
        self.folder = folder
        self.clock = clock
        database = try SQLiteConnection(path: folder.deskPath, journal: .shared)
        try database.script(DeskSchema.script)
    }

    // MARK: Tokens

    package func createToken(for hub: HubID, lifetime: Duration) throws(SQLiteFailure) -> EnrolmentToken {
        var generator = SystemRandomNumberGenerator()
        let token = EnrolmentToken(generator: &generator)
        let now = clock()
        try database.execute(
            "INSERT INTO tokens (hash, hub, created_ms, expires_ms) VALUES (?, ?, ?, ?)",
            .blob(token.hash.bytes), .text(hub.text), .integer(now),
            .integer(now + lifetime.components.seconds * 1000))
        return token
    }

    package func tokens() throws(SQLiteFailure) -> [TokenRecord] {
        let now = clock()
        return try database.rows(
            "SELECT hash, hub, created_ms, expires_ms, used_ms, revoked_ms FROM tokens ORDER BY created_ms"
        ) { (row) throws(SQLiteFailure) -> TokenRecord? in
            guard let hub = HubID(row.text(1)), let hash = SHA256Hash(bytes: row.blob(0)) else { return nil }
            let state: TokenRecord.State =
                switch (row.isNull(5), row.isNull(4)) {
                case (false, _): .revoked
                case (true, false): .used
                case (true, true): row.integer(3) <= now ? .expired : .open
                }
            return TokenRecord(
                id: TokenRecord.id(of: hash), hub: hub, createdMilliseconds: row.integer(2),
                expiresMilliseconds: row.integer(3), state: state)
        }.compactMap { $0 }
    }

    /// - Returns: whether there was an open token of that id.
    package func revokeToken(id: String) throws(SQLiteFailure) -> Bool {
        try database.execute(
            """
            UPDATE tokens SET revoked_ms = ? WHERE substr(lower(hex(hash)), 1, \(TokenRecord.idLength)) = ?
            AND used_ms IS NULL AND revoked_ms IS NULL
            """, .integer(clock()), .text(id)) > 0
    }

    // MARK: Enrolment

    /// Single use: the same request with the same token gets the same grant again, so that a lost answer costs nothing;
    /// other keys with a used token are refused.
    package func enrol(
        _ request: EnrolmentRequest, credential: EnrolmentCredential
    ) throws(EnrolmentRefusal) -> EnrolmentGrant {
        let now = clock()
        guard let token = try stored({ (desk) throws(SQLiteFailure) in try desk.openToken(credential, at: now) }) else {
            throw .credential
        }
        if let earlier = token.earlier {
            guard earlier.requestHash == request.hash.bytes else { throw .credential }
            return try grant(credential.hub, transport: earlier.transportPEM, signing: earlier.signingPEM)
        }
        let (transport, signing) = try issue(request, to: credential.hub, at: now)
        let isSpent = try stored { (desk) throws(SQLiteFailure) in
            try desk.spend(credential, on: request, transport: transport, signing: signing, at: now)
        }
        guard isSpent else { throw .credential }
        return try grant(credential.hub, transport: transport.pem, signing: signing.pem)
    }

    /// Makes an operator's key and certificate: NAME.key, NAME.pem and, to know the server by, ca.pem.
    package func createOperator(name: String, into path: String) throws(EnrolmentRefusal) -> OperatorFiles {
        let now = clock()
        let key = P256.Signing.PrivateKey()
        let files = OperatorFiles(
            certificate: "\(path)/\(name).pem", key: "\(path)/\(name).key", authority: "\(path)/ca.pem")
        let row = try faultingRequest { () throws(CertificateFault) in
            let certificate = try folder.authority.issue(
                .operator, commonName: name, publicKey: .init(key.publicKey), at: Date(milliseconds: now))
            try DurableFile.makeFolder(path)
            try DurableFile.write(key.pemRepresentation, to: files.key, .secret)
            try DurableFile.write(try certificate.pemText(), to: files.certificate, .open)
            try DurableFile.write(try folder.authority.certificate.pemText(), to: files.authority, .open)
            return try CertificateRow(certificate, .operator, at: now)
        }
        try stored { (desk) throws(SQLiteFailure) in try desk.insert(row) }
        return files
    }

    /// Where an operator's files are.
    package struct OperatorFiles: Sendable, Hashable {
        package var certificate: String
        package var key: String
        package var authority: String
    }

    // MARK: Standing

    package func hubs() throws(SQLiteFailure) -> [HubRecord] {
        try database.rows("SELECT hub, enrolled_ms, revoked_ms FROM hubs ORDER BY hub") {
            (row) throws(SQLiteFailure) -> HubRecord? in
            HubID(row.text(0)).map {
                HubRecord(hub: $0, enrolledMilliseconds: row.integer(1), revokedMilliseconds: row.optionalInteger(2))
            }
        }.compactMap { $0 }
    }

    /// Bars a hub and everything it holds; it may enrol again with a new token.
    package func revokeHub(_ hub: HubID) throws(SQLiteFailure) -> Bool {
        let now = clock()
        return try database.transaction { () throws(SQLiteFailure) in
            try database.execute(
                """
                UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role IN (?, ?) AND revoked_ms IS NULL
                """, .integer(now), .text(hub.text), .text(CertificateRole.hubTransport.rawValue),
                .text(CertificateRole.hubSigning.rawValue))
            return try database.execute(
                "UPDATE hubs SET revoked_ms = ? WHERE hub = ?", .integer(now), .text(hub.text)) > 0
        }
    }

    package func revokeOperator(_ name: String) throws(SQLiteFailure) -> Bool {
        try database.execute(
            "UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role = ? AND revoked_ms IS NULL",
            .integer(clock()), .text(name), .text(CertificateRole.operator.rawValue)) > 0
    }

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
}
