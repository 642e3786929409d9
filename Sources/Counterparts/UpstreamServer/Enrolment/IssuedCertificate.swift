import CORProtocol
import FoundationEssentials
import X509

/// A certificate as the desk keeps it.
struct IssuedCertificate {
    var role: CertificateRole
    var name: String
    /// SHA-256 of the SubjectPublicKeyInfo.
    var keyHash: SHA256Hash
    var der: [UInt8]
    var expiresMilliseconds: Int64

    var thumbprint: SHA256Hash { SHA256Hash.of(der) }

    init(_ certificate: Certificate, _ role: CertificateRole, keyHash: SHA256Hash) throws(CertificateFault) {
        self.role = role
        name = certificate.commonName ?? ""
        self.keyHash = keyHash
        der = try certificate.derBytes()
        expiresMilliseconds = certificate.notValidAfter.milliseconds
    }
}

extension EnrolmentDesk {
    /// Certificates are numbered in the order of their issue, which clocks cannot turn around.
    func insert(_ certificate: IssuedCertificate, at now: Int64) throws(SQLiteFailure) {
        try database.execute(
            """
            INSERT INTO certificates (thumbprint, role, name, key_hash, der, number, issued_ms, expires_ms)
            VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM certificates), ?, ?)
            """,
            .blob(certificate.thumbprint.bytes), .text(certificate.role.rawValue), .text(certificate.name),
            .blob(certificate.keyHash.bytes), .blob(certificate.der), .integer(now),
            .integer(certificate.expiresMilliseconds))
    }
}
