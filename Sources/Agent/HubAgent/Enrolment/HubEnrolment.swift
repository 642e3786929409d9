import CORProtocol
import Glibc
import HubCore
import KeyStore
import UpstreamClient

/// Enrols this hub: makes what keys are missing, gets to know the upstream, has both keys certified, and puts everything in
/// place, `hub.json` last.
///
/// Whatever interrupts it, the same command goes on: keys that are there are used, and the upstream gives the same key the
/// same certificate.
package struct HubEnrolment: Sendable {
    /// What was asked for on the command line.
    package struct Wish: Sendable {
        package var url: String
        /// A claim token, or a bare secret; then `hub`, and `authorityFile` or `fingerprint`, are needed.
        package var token: String
        package var hub: String?
        package var authorityFile: String?
        /// SHA-256 of the authority's certificate, hexadecimal.
        package var fingerprint: String?
        package var identityFolder: String
        /// Enrols a hub that is enrolled already.
        package var again = false
        /// How long somebody at the upstream may take to agree.
        package var waitLimit = Duration.seconds(600)

        package init(url: String, token: String, identityFolder: String) {
            self.url = url
            self.token = token
            self.identityFolder = identityFolder
        }
    }

    package struct Enrolled: Sendable, Equatable {
        package var hub: String
        package var environment: String
        package var authority: [UInt8]
        package var certificateEndMilliseconds: Int64
        package var keyProtection: String
    }

    private let wish: Wish
    private let clock: any HubClockReading
    private let progress: @Sendable (EnrolmentProgress) -> Void

    package init(_ wish: Wish, progress: @escaping @Sendable (EnrolmentProgress) -> Void) {
        self.wish = wish
        self.progress = progress
        clock = HubClock()
    }

    package func run() async throws(EnrolmentFault) -> Enrolled {
        let claim = try EnrolmentClaim(wish)
        let url: UpstreamURL
        do {
            url = try UpstreamURL(parsing: wish.url)
        } catch {
            throw EnrolmentFault(code: "url", "\(wish.url): \(error)", .usage)
        }
        try makeParents(of: wish.identityFolder)
        let folder = HubIdentityFolder(path: wish.identityFolder)
        let keys: HubKeyStore
        let lock: IdentityLock
        do {
            keys = try HubKeyStore.ofThisProcess(folder: wish.identityFolder)
            lock = try IdentityLock(folder)
        } catch {
            throw EnrolmentFault(error)
        }
        defer { withExtendedLifetime(lock) {} }
        try checkEnrolled(folder, as: claim.hub)

        let journal = EnrolmentJournal(folder: wish.identityFolder)
        journal.note(.accepted, subject: url.host, detail: "enrolment of \(claim.hub.text) begins", at: clock.now())
        do throws(EnrolmentFault) {
            let enrolled = try await enrol(claim, at: url, folder, keys)
            journal.note(.done, subject: url.host, detail: "enrolled as \(enrolled.hub)", at: clock.now())
            return enrolled
        } catch {
            let outcome: AuditOutcome = error.kind == .blocked ? .refused : .failed
            journal.note(outcome, subject: url.host, detail: "\(error.code): \(error.message)", at: clock.now())
            throw error
        }
    }

    private func enrol(
        _ claim: EnrolmentClaim, at url: UpstreamURL, _ folder: HubIdentityFolder, _ keys: HubKeyStore
    ) async throws(EnrolmentFault) -> Enrolled {
        let (tlsKey, signingKey) = try readyKeys(keys, folder, secret: claim.secret)
        let acquaintance = UpstreamAcquaintance(url: url, clock: clock)
        let pinned: [[UInt8]]
        switch (claim.authorityFile, claim.fingerprint) {
        case (let file?, let fingerprint):
            pinned = try acquaintance.authorities(file: file, fingerprint: fingerprint)
        case (nil, let fingerprint?):
            pinned = try await acquaintance.authority(fingerprint: fingerprint)
        case (nil, nil):
            throw EnrolmentFault(
                code: "ca", "by what is the upstream known? A token of three parts, --ca or --ca-fingerprint says it",
                .usage)
        }

        // From here on the upstream has to show a certificate of that authority before anything is said.
        let stranger = CertificationDialogue(acquaintance: acquaintance, anchors: pinned, credential: nil)
        let tls = try await certify(
            tlsKey, of: claim.hub, on: .token(hub: claim.hub, secret: claim.secret), by: stranger)
        progress(.upstreamKnown(authority: Fingerprint.of(pinned.first ?? [])))
        try writing {
            try folder.install(authorities: pinned)
            try folder.install(tls, for: .tls)
            try keys.adopt(tlsKey)
        }
        progress(.certified(.tls, until: tls.life.endMilliseconds))

        let known = CertificationDialogue(
            acquaintance: acquaintance, anchors: pinned,
            credential: HTTPTrust.Credential(key: tlsKey, chain: tls.der))
        let signing = try await certify(signingKey, of: claim.hub, on: .enrolment, by: known)
        let profile = try await known.profile()
        guard profile.hubID == claim.hub else {
            throw EnrolmentFault(code: "other-hub", "the upstream takes this hub for \(profile.hubID.text)")
        }
        try writing {
            try folder.install(signing, for: .signing)
            try keys.adopt(signingKey)
            try folder.complete(profile, upstreamURL: wish.url)
        }
        progress(.certified(.signing, until: signing.life.endMilliseconds))
        return Enrolled(
            hub: claim.hub.text, environment: profile.environment, authority: Fingerprint.of(pinned.first ?? []),
            certificateEndMilliseconds: min(tls.life.endMilliseconds, signing.life.endMilliseconds),
            keyProtection: KeyProtection.least(of: [tlsKey.protection, signingKey.protection]).rawValue)
    }

    private func certify(
        _ key: any HubKey, of hub: HubID, on ground: CertificationRequest.Ground, by dialogue: CertificationDialogue
    ) async throws(EnrolmentFault) -> IssuedChain {
        let request: [UInt8]
        do throws(KeyStoreFault) {
            request = try HubCertificateRequest(hubID: hub, key: key).bytes
        } catch {
            throw EnrolmentFault(error)
        }
        return try await dialogue.certify(
            key, of: hub, on: ground, request: request, waitLimit: wish.waitLimit, progress: progress)
    }

    /// A hub that is enrolled stays it, unless somebody says otherwise; what it is called it stays in any case, because its
    /// history is that hub's.
    private func checkEnrolled(_ folder: HubIdentityFolder, as hub: HubID) throws(EnrolmentFault) {
        guard folder.isEnrolled else { return }
        let present: HubID
        do throws(IdentityFault) {
            present = try folder.enrolledHub()
        } catch {
            throw EnrolmentFault(error)
        }
        guard wish.again else {
            throw EnrolmentFault(
                code: "enrolled",
                "this hub is enrolled as \(present.text): `corhub enroll status` tells more, `--again` enrols it anew",
                .blocked)
        }
        guard present == hub else {
            throw EnrolmentFault(
                code: "other-hub",
                "this hub is \(present.text) and its store holds that hub's history: a token for \(hub.text) does not fit",
                .blocked)
        }
    }

    /// A new hub's keys are made where they are missing. A hub that enrols again gets new ones, where it makes its keys itself:
    /// somebody may have had the old ones. The mark keeps a repetition with the keys that it began with.
    private func readyKeys(
        _ keys: HubKeyStore, _ folder: HubIdentityFolder, secret: String
    ) throws(EnrolmentFault) -> (tls: any HubKey, signing: any HubKey) {
        do {
            let token = Array(secret.utf8)
            guard folder.isEnrolled else {
                try folder.beginEnrolling(by: token)
                let tls = try keys.keyMakingIfMissing(for: .tls)
                let signing = try keys.keyMakingIfMissing(for: .signing)
                progress(.keysReady(made: tls.isMade || signing.isMade))
                return (tls.key, signing.key)
            }
            let isBegun = folder.isEnrolling(by: token)
            if !isBegun {
                for use in HubKeyUse.allCases where keys.makesKeys(for: use) { _ = try keys.nextKey(for: use) }
                try folder.beginEnrolling(by: token)
            }
            progress(.keysReady(made: !isBegun))
            return (try keys.newestKey(for: .tls), try keys.newestKey(for: .signing))
        } catch {
            throw EnrolmentFault(error)
        }
    }

    private func writing(_ body: () throws -> Void) throws(EnrolmentFault) {
        do { try body() } catch { throw EnrolmentFault(error) }
    }

    /// The state folder, where neither the package nor the service manager has made it.
    private func makeParents(of path: String) throws(EnrolmentFault) {
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += parent.isEmpty && !path.hasPrefix("/") ? String(part) : "/\(part)"
            guard mkdir(parent, 0o700) == 0 || errno == EEXIST else {
                throw EnrolmentFault(code: "folder", "\(parent): \(String(cString: strerror(errno)))")
            }
        }
    }
}

extension HubKeyStore {
    fileprivate func keyMakingIfMissing(for use: HubKeyUse) throws(KeyStoreFault) -> (key: any HubKey, isMade: Bool) {
        do throws(KeyStoreFault) {
            if let key = try keys(for: use).first { return (key, false) }
        } catch .missing {
            return (try makeKey(for: use), true)
        } catch {
            throw error
        }
        return (try makeKey(for: use), true)
    }

    /// The one that is to follow where there is one, else the one in use.
    fileprivate func newestKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        let held = try keys(for: use)
        guard let key = makesKeys(for: use) ? held.last : held.first else { return try makeKey(for: use) }
        return key
    }

    /// With the credentials that the service manager gave this process, if it did.
    static func ofThisProcess(folder: String, owner: UInt32? = nil) throws(KeyStoreFault) -> HubKeyStore {
        try HubKeyStore(
            folder: folder, credentialFolder: getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) },
            owner: owner)
    }
}

extension EnrolmentFault {
    /// What is wrong with keys and folder a person has to mend.
    init(_ error: any Error) {
        switch error {
        case let fault as EnrolmentFault: self = fault
        case let fault as KeyStoreFault: self.init(code: "keys", fault.explanation)
        case IdentityFault.busy(let path):
            self.init(code: "busy", IdentityFault.busy(path: path).description, .temporary)
        case let fault as IdentityFault: self.init(code: "identity", fault.description)
        default: self.init(code: "unexpected", "\(error)")
        }
    }
}
