import CORProtocol
import FoundationEssentials
import X509

extension EnrolmentDesk {
    /// A token that may be used now, and what it was used for already.
    struct OpenToken {
        struct Earlier {
            var requestHash: [UInt8]
            var transportPEM: String
            var signingPEM: String
        }

        var earlier: Earlier?
    }

    func openToken(_ credential: EnrolmentCredential, at now: Int64) throws(SQLiteFailure) -> OpenToken? {
        try database.row(
            """
            SELECT request_hash, transport_pem, signing_pem FROM tokens
            WHERE hash = ? AND hub = ? AND expires_ms > ? AND revoked_ms IS NULL
            """, .blob(credential.token.hash.bytes), .text(credential.hub.text), .integer(now)
        ) { (row) throws(SQLiteFailure) in
            OpenToken(
                earlier: row.optionalBlob(0).map {
                    OpenToken.Earlier(requestHash: $0, transportPEM: row.text(1), signingPEM: row.text(2))
                })
        }
    }

    /// A certificate with what the desk keeps of it.
    struct IssuedCertificate {
        var pem: String
        var row: CertificateRow
    }

    func issue(
        _ request: EnrolmentRequest, to hub: HubID, at now: Int64
    ) throws(EnrolmentRefusal) -> (transport: IssuedCertificate, signing: IssuedCertificate) {
        try faultingRequest { () throws(CertificateFault) in
            let transportKey = try CertificateAuthority.publicKey(ofRequest: request.transport)
            let signingKey = try CertificateAuthority.publicKey(ofRequest: request.signing)
            guard transportKey != signingKey else { throw .refused("one key for both uses") }
            return (
                try issue(.hubTransport, to: hub, key: transportKey, at: now),
                try issue(.hubSigning, to: hub, key: signingKey, at: now)
            )
        }
    }

    private func issue(
        _ role: CertificateRole, to hub: HubID, key: Certificate.PublicKey, at now: Int64
    ) throws(CertificateFault) -> IssuedCertificate {
        let certificate = try folder.authority.issue(
            role, commonName: hub.text, publicKey: key, at: Date(milliseconds: now))
        return IssuedCertificate(
            pem: try certificate.pemText(), row: try CertificateRow(certificate, role, at: now))
    }

    /// Uses the token up for these certificates, in one step.
    ///
    /// - Returns: false if the token was used or revoked meanwhile; nothing is stored then.
    func spend(
        _ credential: EnrolmentCredential, on request: EnrolmentRequest, transport: IssuedCertificate,
        signing: IssuedCertificate, at now: Int64
    ) throws(SQLiteFailure) -> Bool {
        try database.transaction { () throws(SQLiteFailure) in
            let spentCount = try database.execute(
                """
                UPDATE tokens SET used_ms = ?, request_hash = ?, transport_pem = ?, signing_pem = ?
                WHERE hash = ? AND used_ms IS NULL AND revoked_ms IS NULL
                """, .integer(now), .blob(request.hash.bytes), .text(transport.pem), .text(signing.pem),
                .blob(credential.token.hash.bytes))
            guard spentCount == 1 else { return false }
            // A hub that enrols again lives on one disk: whoever holds the old transport key is not it. What the old
            // signing key has signed may still be on its way.
            try database.execute(
                "UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role = ? AND revoked_ms IS NULL",
                .integer(now), .text(credential.hub.text), .text(CertificateRole.hubTransport.rawValue))
            try database.execute(
                """
                INSERT INTO hubs (hub, enrolled_ms) VALUES (?, ?)
                ON CONFLICT (hub) DO UPDATE SET enrolled_ms = excluded.enrolled_ms, revoked_ms = NULL
                """, .text(credential.hub.text), .integer(now))
            try insert(transport.row)
            try insert(signing.row)
            return true
        }
    }

    func grant(_ hub: HubID, transport: String, signing: String) throws(EnrolmentRefusal) -> EnrolmentGrant {
        try faultingRequest { () throws(CertificateFault) in
            EnrolmentGrant(
                hub: hub, environment: folder.settings.environment, transportChain: [transport],
                signingChain: [signing], authority: try folder.authority.certificate.pemText(),
                receiptCertificate: try folder.receiptCertificate.pemText())
        }
    }

    /// A certificate as the desk keeps it: enough to revoke it.
    struct CertificateRow {
        var thumbprint: SHA256Hash
        var role: CertificateRole
        var name: String
        var issuedMilliseconds: Int64
        var expiresMilliseconds: Int64

        init(_ certificate: Certificate, _ role: CertificateRole, at now: Int64) throws(CertificateFault) {
            thumbprint = SHA256Hash.of(try certificate.derBytes())
            self.role = role
            name = certificate.commonName ?? ""
            issuedMilliseconds = now
            expiresMilliseconds = certificate.notValidAfter.milliseconds
        }
    }

    func insert(_ row: CertificateRow) throws(SQLiteFailure) {
        try database.execute(
            "INSERT INTO certificates (thumbprint, role, name, issued_ms, expires_ms) VALUES (?, ?, ?, ?, ?)",
            .blob(row.thumbprint.bytes), .text(row.role.rawValue), .text(row.name),
            .integer(row.issuedMilliseconds), .integer(row.expiresMilliseconds))
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
