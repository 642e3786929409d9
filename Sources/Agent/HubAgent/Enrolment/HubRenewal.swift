import CORProtocol
import Crypto
import HubCore
import KeyStore
import UpstreamClient

/// Renews certificates of an enrolled hub, and with them its keys where the hub makes its keys itself.
///
/// The order keeps whatever interrupts it harmless: the next key is durable before it is certified, the certificate is put in
/// place in one step, and then says which key is in use.
struct HubRenewal: Sendable {
    let folder: HubIdentityFolder
    let keys: HubKeyStore
    let clock: any HubClockReading
    let region: String?

    struct Result: Sendable {
        var identity: HubIdentity
        var rotated: Set<HubKeyUse>
        /// Fingerprints of authorities that the upstream is known by from now on, and no more.
        var authoritiesAdded: [[UInt8]]
        var authoritiesDropped: [[UInt8]]
    }

    /// - Parameter uses: whose certificates; the TLS certificate first.
    func run(_ uses: Set<HubKeyUse>, of identity: HubIdentity) async throws(EnrolmentFault) -> Result {
        let url: UpstreamURL
        let lock: IdentityLock
        do {
            url = try UpstreamURL(parsing: identity.upstreamURL)
            lock = try IdentityLock(folder)
        } catch {
            throw EnrolmentFault(error)
        }
        defer { withExtendedLifetime(lock) {} }
        let acquaintance = UpstreamAcquaintance(url: url, clock: clock)
        // The folder is the truth: a command may have renewed while the agent did not look.
        var present = try loaded()
        let rollover = try await rollOver(present, acquaintance)
        var rotated: Set<HubKeyUse> = []
        for use in [HubKeyUse.tls, .signing] where uses.contains(use) {
            let dialogue = CertificationDialogue(
                acquaintance: acquaintance, anchors: rollover.anchors,
                credential: HTTPTrust.Credential(key: present.tls.key, chain: present.tls.chain), region: region)
            if try await renew(use, of: present, by: dialogue) { rotated.insert(use) }
            present = try loaded()
        }
        if uses.isEmpty { present = try loaded() }
        return Result(
            identity: present, rotated: rotated, authoritiesAdded: rollover.added.map(Fingerprint.of),
            authoritiesDropped: rollover.dropped.map(Fingerprint.of))
    }

    /// - Returns: whether the key is a new one.
    private func renew(
        _ use: HubKeyUse, of identity: HubIdentity, by dialogue: CertificationDialogue
    ) async throws(EnrolmentFault) -> Bool {
        let held = identity.credential(for: use)
        let key: any HubKey
        let request: [UInt8]
        let proof: [UInt8]?
        do throws(KeyStoreFault) {
            key = keys.makesKeys(for: use) ? try keys.nextKey(for: use) : held.key
            request = try HubCertificateRequest(hubID: identity.hubID, key: key).bytes
            proof = use == .signing ? try Self.proof(of: request, identity: identity) : nil
        } catch {
            throw EnrolmentFault(error)
        }
        let chain = try await dialogue.certify(
            key, of: identity.hubID, on: .renewal(proof: proof), request: request, waitLimit: nil
        ) { _ in }
        do {
            try folder.install(chain, for: use)
            try keys.adopt(key)
        } catch {
            throw EnrolmentFault(error)
        }
        return key.publicKey != held.key.publicKey
    }

    /// firmware-specs/upstream.md §3: the signing key in use vouches for the request that names the next.
    private static func proof(of request: [UInt8], identity: HubIdentity) throws(KeyStoreFault) -> [UInt8] {
        let text = RotationProof.text(
            hub: identity.hubID, environment: identity.environment, requestHash: .of(request))
        let raw = try identity.signing.key.signature(for: text)
        do {
            return Array(try P256.Signing.ECDSASignature(rawRepresentation: raw).derRepresentation)
        } catch {
            throw .signingFailed(use: .signing)
        }
    }

    /// Asks which authorities there are, and learns of one that follows another.
    private func rollOver(
        _ identity: HubIdentity, _ acquaintance: UpstreamAcquaintance
    ) async throws(EnrolmentFault) -> AuthorityRollover {
        let client = ESTClient(
            acquaintance.url, trust: HTTPTrust(anchors: identity.upstreamCA, credential: nil, region: region),
            clock: clock)
        switch await client.authorities() {
        case .granted(let published):
            let rollover = AuthorityRollover(
                pinned: identity.upstreamCA, published: published, at: clock.now().wallMilliseconds)
            guard rollover.anchors != identity.upstreamCA, !rollover.anchors.isEmpty else { return rollover }
            do throws(IdentityFault) {
                try folder.install(authorities: rollover.anchors)
            } catch {
                throw EnrolmentFault(error)
            }
            return rollover
        case .pending(let delay):
            throw EnrolmentFault(code: "pending", "the upstream is not ready", .temporary, retryAfter: delay)
        case .refused(_, let code, let message):
            throw EnrolmentFault(code: code, "the upstream refuses: \(message)")
        case .failed(let fault, let delay):
            throw await acquaintance.explained(fault, anchors: identity.upstreamCA, retryAfter: delay)
        }
    }

    private func loaded() throws(EnrolmentFault) -> HubIdentity {
        do throws(IdentityFault) {
            return try HubIdentity(folder: folder, keys: keys)
        } catch {
            throw EnrolmentFault(error)
        }
    }
}

extension HubIdentity {
    var lives: [HubKeyUse: CertificateLife] { [.tls: tls.life, .signing: signing.life] }
}
