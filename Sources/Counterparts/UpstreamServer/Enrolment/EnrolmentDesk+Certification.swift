package import CORProtocol
import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// Certification of hubs' keys. Each step repeats harmlessly: the same key gets the same certificate again as long as that
/// was not used, so that a lost answer costs nothing and a hub never has two identities.
extension EnrolmentDesk {
    /// A hub's first transport certificate, for a one-time token.
    package func enrol(
        _ request: CertificationRequest, hub: HubID, token: EnrolmentToken
    ) throws(EnrolmentRefusal) -> Certification {
        let now = clock()
        guard let found = try stored({ (desk) throws(SQLiteFailure) in try desk.state(of: token, hub: hub) }) else {
            throw .tokenUnknown
        }
        if found.isRevoked { throw .tokenRevoked }
        if let used = found.used {
            // The same key: the answer was lost, or the hub lost power before it could keep it.
            guard used.keyHash == request.keyHash, !used.isRevoked else {
                throw .tokenUsed(atMilliseconds: used.atMilliseconds)
            }
            return .issued(used.certificate)
        }
        guard now < found.expiresMilliseconds else { throw .tokenExpired(atMilliseconds: found.expiresMilliseconds) }
        guard !found.isHeld else { return .pending }
        let issued = try issue(.hubTransport, request, to: hub, at: now)
        let isSpent = try stored { (desk) throws(SQLiteFailure) in
            try desk.spend(token, on: issued, hub: hub, at: now)
        }
        guard isSpent else { throw .tokenUsed(atMilliseconds: now) }
        return .issued(issued.der)
    }

    /// A hub's first signing certificate, once behind each enrolment by token.
    package func enrolSigning(
        _ request: CertificationRequest, by caller: HubCertificate
    ) throws(EnrolmentRefusal) -> Certification {
        try certifySigning(request, by: caller, .firstBehindToken)
    }

    /// A transport certificate that follows the one by which the hub asks; it may have expired.
    package func reenrol(
        _ request: CertificationRequest, by caller: HubCertificate
    ) throws(EnrolmentRefusal) -> Certification {
        let now = clock()
        guard
            try stored({ (desk) throws(SQLiteFailure) in try desk.standing(ofThumbprint: caller.thumbprint) }) == .good
        else { throw .certificateBarred }
        if let waiting = try unused(.hubTransport, request, of: caller.hub, besides: caller.thumbprint) {
            return .issued(waiting)
        }
        try refuseKey(request, ofHub: caller.hub, usedAs: .hubSigning)
        let issued = try issue(.hubTransport, request, to: caller.hub, at: now)
        try stored { (desk) throws(SQLiteFailure) in
            try desk.database.transaction { () throws(SQLiteFailure) in
                // One that was never used was never received, and is asked for no more.
                try desk.database.execute(
                    """
                    UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role = ? AND used_ms IS NULL
                    AND revoked_ms IS NULL AND thumbprint != ?
                    """, .integer(now), .text(caller.hub.text), .text(CertificateRole.hubTransport.rawValue),
                    .blob(caller.thumbprint.bytes))
                try desk.insert(issued, at: now)
            }
        }
        return .issued(issued.der)
    }

    /// A signing certificate that follows another: for the same key, or for a new one that the one before vouches for.
    ///
    /// - Parameter proof: ECDSA in DER over `RotationProof.text`, by the signing key of before.
    package func reenrolSigning(
        _ request: CertificationRequest, by caller: HubCertificate, proof: [UInt8]?
    ) throws(EnrolmentRefusal) -> Certification {
        try certifySigning(request, by: caller, .following(proof: proof))
    }

    private enum SigningAdmission {
        case firstBehindToken
        case following(proof: [UInt8]?)
    }

    private func certifySigning(
        _ request: CertificationRequest, by caller: HubCertificate, _ admission: SigningAdmission
    ) throws(EnrolmentRefusal) -> Certification {
        let now = clock()
        if let waiting = try unused(.hubSigning, request, of: caller.hub, besides: nil) { return .issued(waiting) }
        try refuseKey(request, ofHub: caller.hub, usedAs: .hubTransport)
        let issued = try issue(.hubSigning, request, to: caller.hub, at: now)
        let isAdmitted = try stored { (desk) throws(SQLiteFailure) in
            try desk.database.transaction { () throws(SQLiteFailure) in
                guard try desk.admits(request, of: caller.hub, admission) else { return false }
                try desk.insert(issued, at: now)
                return true
            }
        }
        guard isAdmitted else { throw .rotationUnproven }
        return .issued(issued.der)
    }

    private func admits(
        _ request: CertificationRequest, of hub: HubID, _ admission: SigningAdmission
    ) throws(SQLiteFailure) -> Bool {
        switch admission {
        case .firstBehindToken:
            return try database.execute(
                "UPDATE hubs SET signing_open = 0 WHERE hub = ? AND signing_open = 1 AND revoked_ms IS NULL",
                .text(hub.text)) == 1
        case .following(let proof):
            let signature = proof.flatMap { try? P256.Signing.ECDSASignature(derRepresentation: $0) }
            let text = RotationProof.text(
                hub: hub, environment: folder.settings.environment, requestHash: request.hash)
            return try currentSigningCertificates(of: hub).contains { current in
                // The request's own signature proves that the hub still has the key.
                if current.keyHash == request.keyHash { return true }
                guard let signature, let certificate = try? Certificate(derEncoded: current.der),
                    let key = P256.Signing.PublicKey(certificate.publicKey)
                else { return false }
                return key.isValidSignature(signature, for: text)
            }
        }
    }

    private func issue(
        _ role: CertificateRole, _ request: CertificationRequest, to hub: HubID, at now: Int64
    ) throws(EnrolmentRefusal) -> IssuedCertificate {
        try faultingRequest { () throws(CertificateFault) in
            let certificate = try folder.authority.issue(
                role, commonName: hub.text, publicKey: request.key, at: Date(milliseconds: now))
            return try IssuedCertificate(certificate, role, keyHash: request.keyHash)
        }
    }

    /// One key has one use.
    private func refuseKey(
        _ request: CertificationRequest, ofHub hub: HubID, usedAs role: CertificateRole
    ) throws(EnrolmentRefusal) {
        let isUsed = try stored { (desk) throws(SQLiteFailure) in
            try desk.database.row(
                "SELECT 1 FROM certificates WHERE name = ? AND role = ? AND key_hash = ?", .text(hub.text),
                .text(role.rawValue), .blob(request.keyHash.bytes)
            ) { (_) throws(SQLiteFailure) in true } ?? false
        }
        guard !isUsed else { throw .request(.refused("one key for both uses")) }
    }

    // MARK: Rows

    private struct TokenState {
        struct Use {
            var atMilliseconds: Int64
            var keyHash: SHA256Hash?
            var certificate: [UInt8]
            var isRevoked: Bool
        }

        var expiresMilliseconds: Int64
        var isHeld: Bool
        var isRevoked: Bool
        var used: Use?
    }

    private func state(of token: EnrolmentToken, hub: HubID) throws(SQLiteFailure) -> TokenState? {
        try database.row(
            """
            SELECT t.expires_ms, t.held, t.revoked_ms IS NOT NULL, t.used_ms, c.key_hash, c.der, c.revoked_ms IS NOT NULL
            FROM tokens t LEFT JOIN certificates c ON c.thumbprint = t.certificate WHERE t.hash = ? AND t.hub = ?
            """, .blob(token.hash.bytes), .text(hub.text)
        ) { (row) throws(SQLiteFailure) in
            TokenState(
                expiresMilliseconds: row.integer(0), isHeld: row.integer(1) != 0, isRevoked: row.integer(2) != 0,
                used: row.optionalInteger(3).map {
                    TokenState.Use(
                        atMilliseconds: $0, keyHash: SHA256Hash(bytes: row.blob(4)), certificate: row.blob(5),
                        isRevoked: row.integer(6) != 0)
                })
        }
    }

    /// Uses the token up for this certificate, in one step.
    ///
    /// - Returns: false if the token was used or revoked meanwhile; nothing is stored then.
    private func spend(
        _ token: EnrolmentToken, on issued: IssuedCertificate, hub: HubID, at now: Int64
    ) throws(SQLiteFailure) -> Bool {
        try database.transaction { () throws(SQLiteFailure) in
            let spentCount = try database.execute(
                "UPDATE tokens SET used_ms = ?, certificate = ? WHERE hash = ? AND used_ms IS NULL AND revoked_ms IS NULL",
                .integer(now), .blob(issued.thumbprint.bytes), .blob(token.hash.bytes))
            guard spentCount == 1 else { return false }
            // A hub that enrols again lives on one disk: whoever holds the old transport key is not it. What the old
            // signing key has signed may still be on its way.
            try database.execute(
                "UPDATE certificates SET revoked_ms = ? WHERE name = ? AND role = ? AND revoked_ms IS NULL",
                .integer(now), .text(hub.text), .text(CertificateRole.hubTransport.rawValue))
            try database.execute(
                """
                INSERT INTO hubs (hub, enrolled_ms, signing_open) VALUES (?, ?, 1)
                ON CONFLICT (hub) DO UPDATE SET enrolled_ms = excluded.enrolled_ms, revoked_ms = NULL, signing_open = 1
                """, .text(hub.text), .integer(now))
            try insert(issued, at: now)
            return true
        }
    }

    /// A certificate for this very key that was given and not used yet.
    private func unused(
        _ role: CertificateRole, _ request: CertificationRequest, of hub: HubID, besides thumbprint: SHA256Hash?
    ) throws(EnrolmentRefusal) -> [UInt8]? {
        let now = clock()
        return try stored { (desk) throws(SQLiteFailure) in
            try desk.database.row(
                """
                SELECT der FROM certificates WHERE name = ? AND role = ? AND key_hash = ? AND used_ms IS NULL
                AND revoked_ms IS NULL AND expires_ms > ? AND thumbprint != ? ORDER BY number DESC LIMIT 1
                """, .text(hub.text), .text(role.rawValue), .blob(request.keyHash.bytes), .integer(now),
                .blob(thumbprint?.bytes ?? [])
            ) { (row) throws(SQLiteFailure) in row.blob(0) }
        }
    }

    /// Those that may vouch for a new key: the newest that was used, and what was given after it.
    private func currentSigningCertificates(
        of hub: HubID
    ) throws(SQLiteFailure) -> [(der: [UInt8], keyHash: SHA256Hash?)] {
        let role = CertificateRole.hubSigning.rawValue
        return try database.rows(
            """
            SELECT der, key_hash FROM certificates WHERE name = ? AND role = ? AND revoked_ms IS NULL AND number >=
            (SELECT coalesce(max(number), 0) FROM certificates WHERE name = ? AND role = ? AND used_ms IS NOT NULL)
            """, .text(hub.text), .text(role), .text(hub.text), .text(role)
        ) { (row) throws(SQLiteFailure) in (row.blob(0), SHA256Hash(bytes: row.blob(1))) }
    }
}
