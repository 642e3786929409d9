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

    func issue(
        _ request: EnrolmentRequest, to hub: HubID, at now: Int64
    ) throws(EnrolmentRefusal) -> (transport: Certificate, signing: Certificate) {
        try faultingRequest { () throws(CertificateFault) in
            let transportKey = try CertificateAuthority.publicKey(ofRequest: request.transport)
            let signingKey = try CertificateAuthority.publicKey(ofRequest: request.signing)
            guard transportKey != signingKey else { throw .refused("one key for both uses") }
            let time = Date(milliseconds: now)
            return (
                try folder.authority.issue(.hubTransport, commonName: hub.text, publicKey: transportKey, at: time),
                try folder.authority.issue(.hubSigning, commonName: hub.text, publicKey: signingKey, at: time)
            )
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
