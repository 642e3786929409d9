import CORProtocol
import HubCore
package import JSONCoding
import KeyStore
import UpstreamClient

/// What `corhub enroll status` tells, of a running agent or of a folder.
package struct EnrolmentReport: Sendable {
    private let identity: HubIdentity
    private let storage: KeyProtection?
    /// nil where no agent runs that would renew.
    private let renewal: StatusBoard.Renewal?

    init(identity: HubIdentity, storage: KeyProtection?, renewal: StatusBoard.Renewal?) {
        self.identity = identity
        self.storage = storage
        self.renewal = renewal
    }

    /// - Throws: `not-enrolled`, or what is wrong with the folder.
    package init(identityFolder: String) throws(EnrolmentFault) {
        do throws(EnrolmentFault) {
            let (identity, keys) = try Self.load(identityFolder)
            let storage: KeyProtection?
            do throws(KeyStoreFault) {
                storage = try keys.storageKey()?.protection
            } catch {
                throw EnrolmentFault(error)
            }
            self.init(identity: identity, storage: storage, renewal: nil)
        } catch {
            throw error
        }
    }

    /// Renews the certificates of a folder, for when no agent runs.
    package static func renewing(identityFolder: String) async throws(EnrolmentFault) -> EnrolmentReport {
        let (identity, keys) = try load(identityFolder)
        let clock = HubClock()
        let journal = EnrolmentJournal(folder: identityFolder)
        do throws(EnrolmentFault) {
            let result = try await HubRenewal(
                folder: HubIdentityFolder(path: identityFolder), keys: keys, clock: clock, region: nil
            ).run([.tls, .signing], of: identity)
            journal.note(.done, subject: "certificates", detail: "renewed", at: clock.now())
            return EnrolmentReport(identity: result.identity, storage: nil, renewal: nil)
        } catch {
            journal.note(.failed, subject: "certificates", detail: "\(error.code): \(error.message)", at: clock.now())
            throw error
        }
    }

    private static func load(_ path: String) throws(EnrolmentFault) -> (HubIdentity, HubKeyStore) {
        let folder = HubIdentityFolder(path: path)
        guard folder.isEnrolled else {
            throw EnrolmentFault(
                code: "not-enrolled", "\(path) holds no enrolled hub: `corhub enroll` makes one", .blocked)
        }
        do {
            let keys = try HubKeyStore.ofThisProcess(folder: path)
            return (try HubIdentity(folder: folder, keys: keys), keys)
        } catch {
            var fault = EnrolmentFault(error)
            fault.kind = .blocked
            throw fault
        }
    }

    package var json: JSONValue {
        let protections = [identity.tls.key.protection, identity.signing.key.protection] + (storage.map { [$0] } ?? [])
        return [
            "schema": "corhub/enrolment-status/1", "hub": .string(identity.hubID.text),
            "environment": .string(identity.environment), "upstream": .string(identity.upstreamURL),
            "key_protection": .string(KeyProtection.least(of: protections).rawValue),
            "certificates": .array([HubKeyUse.tls, .signing].map(certificate)),
            "authorities": .array(
                identity.upstreamCA.map { der in
                    [
                        "sha256": .string(Fingerprint.of(der).hexadecimal),
                        "end_ms": CertificateLife(certificate: der).map { .integer($0.endMilliseconds) } ?? .null,
                    ]
                }),
            "renewal": renewal.map(Self.renewal) ?? .null,
        ]
    }

    private func certificate(_ use: HubKeyUse) -> JSONValue {
        let credential = identity.credential(for: use)
        return [
            "use": .string(use.rawValue), "begin_ms": .integer(credential.life.beginMilliseconds),
            "end_ms": .integer(credential.life.endMilliseconds),
            "renewal_ms": renewal?.dueMilliseconds[use].map { .integer($0) } ?? .null,
            "key_protection": .string(credential.key.protection.rawValue),
            "sha256": .string(Fingerprint.of(credential.chain.first ?? []).hexadecimal),
        ]
    }

    private static func renewal(_ renewal: StatusBoard.Renewal) -> JSONValue {
        let (state, reason): (String, JSONValue) =
            switch renewal.state {
            case .idle, .waiting: ("waiting", .null)
            case .renewing: ("renewing", .null)
            case .retrying(let reason): ("retrying", .string(reason))
            case .refused(let reason): ("refused", .string(reason))
            }
        return ["state": .string(state), "reason": reason, "attempts": .integer(Int64(renewal.attemptCount))]
    }
}
