package import CORProtocol
package import FirmwareRollout
import JSONCoding
package import MCUbootImage

/// Publishes releases and rollouts as signed static files: firmware-specs/rollouts.md.
///
/// Each call is one publication: everything is written beside what counts, and counts with the timestamp that is written last.
package struct FirmwarePublisher: Sendable {
    /// Roles whose keys may be replaced.
    package static let roles = ["root", "targets", "rollouts", "snapshot", "timestamp"]
    private static let offlineRoles = ["root", "targets"]

    private let path: String
    private let ring: KeyRing
    private let now: Int64

    /// - Parameters:
    ///   - keys: of the folders that were named; which are wanted depends on what is published.
    ///   - seconds: since 1970.
    package init(repository path: String, keys: KeyRing, at seconds: Int64) {
        self.path = path
        ring = keys
        now = seconds
    }

    /// Makes a repository and its keys: those of root and targets in one folder, to be taken offline, the others in another.
    ///
    /// - Returns: the path of the root that hubs begin with.
    package static func create(
        at path: String, offline: String, online: String, rootKeyCount: Int = 1, rootThreshold: Int = 1,
        at seconds: Int64
    ) throws(PublisherFault) -> String {
        guard rootThreshold >= 1, rootThreshold <= rootKeyCount, rootKeyCount <= 16 else {
            throw .notAllowed("the root has 1 to 16 keys, and a threshold of at least 1 that they can meet")
        }
        guard offline != online else {
            throw .notAllowed("the keys of root and targets belong into a folder of their own")
        }
        guard try RepositoryFiles.read("\(path)/metadata/timestamp.json") == nil else {
            throw .exists("a repository in \(path)")
        }
        var ring = try KeyRing(folders: [])
        var keys: [String: [PublisherKey]] = [:]
        for role in roles {
            for _ in 0..<(role == "root" ? rootKeyCount : 1) {
                keys[role, default: []].append(
                    try ring.make(for: role, in: offlineRoles.contains(role) ? offline : online))
            }
        }
        try PublishedRepository.create(
            at: path, keys: keys, rootThreshold: rootThreshold, ring: ring, at: seconds)
        return "\(path)/metadata/1.root.json"
    }

    /// Replaces the keys of a role by one new key. Hubs follow by the root's word.
    package func rotate(_ role: String) throws(PublisherFault) {
        guard Self.roles.contains(role) else { throw .unknown("the role \(role)") }
        var repository = try PublishedRepository(opening: path)
        var ring = ring
        let old = role == PublishedRepository.rolloutsRole ? repository.delegatedKey : repository.key(of: role)
        guard let folder = old.0.lazy.compactMap({ ring.folder(of: $0) }).first else {
            throw .keysMissing(role: role, present: 0, threshold: old.1)
        }
        let keys = try (0..<max(1, old.0.count)).map { _ throws(PublisherFault) in
            try ring.make(for: role, in: folder)
        }
        if role == PublishedRepository.rolloutsRole {
            repository.delegateRollouts(to: keys)
            try repository.publish(targets: true, rollouts: true, ring: ring, at: now)
        } else {
            try repository.rotate(role, to: keys, ring: ring, at: now)
            // What the old key has signed is signed anew.
            try repository.publish(targets: role == "targets", ring: ring, at: now)
        }
        for identifier in old.0 { try ring.retire(identifier) }
    }

    /// Signs snapshot and timestamp anew, so that what is published goes on to hold.
    package func refresh() throws(PublisherFault) {
        var repository = try PublishedRepository(opening: path)
        try repository.publish(ring: ring, at: now)
    }

    /// The same once half of the timestamp's or the snapshot's life is over.
    package func refreshIfDue() throws(PublisherFault) {
        let repository = try PublishedRepository(opening: path)
        guard repository.isHalfOver(at: now) else { return }
        var next = repository
        try next.publish(ring: ring, at: now)
    }

    // MARK: - Releases

    /// Offers an image, once it is found to be what its description says.
    package func add(
        _ description: ReleaseDescription, image bytes: [UInt8], signedBy keys: [ImageKey]
    ) throws(PublisherFault) -> Release {
        let image: VerifiedImage
        switch ImageVerdict(of: bytes, under: ImagePolicy(keys: keys, fileHash: SHA256Hash.of(bytes).bytes)) {
        case .accepted(let verified): image = verified
        case .refused(let refusal): throw .image(refusal)
        }
        guard image.header.version == description.version else {
            throw .imageDiffers("it has version \(image.header.version), the description \(description.version)")
        }
        guard image.facts.securityCounter ?? 0 == description.securityCounter else {
            throw .imageDiffers(
                "it has security counter \(image.facts.securityCounter ?? 0), the description \(description.securityCounter)"
            )
        }
        guard image.trailer == .none else { throw .imageDiffers("it is padded for a slot: leave --pad out") }
        guard let imageHash = SHA256Hash(bytes: image.hash) else { throw .imageDiffers("it has no SHA-256") }
        var repository = try PublishedRepository(opening: path)
        guard repository.target(description.path, in: "targets") == nil else {
            throw .exists("the release \(description.path)")
        }
        for step in description.mustPassThrough {
            let name = FirmwareNames.image(of: description.model, step)
            guard repository.target(name, in: "targets") != nil else {
                throw .unknown("\(name), which has to be passed through,")
            }
        }
        let release = Release(
            description: description, imageHash: imageHash, fileHash: .of(bytes), length: bytes.count, location: "")
        try repository.put(bytes, as: description.path, in: "targets", custom: release.custom)
        try repository.publish(targets: true, ring: ring, at: now)
        return release
    }

    // MARK: - Rollouts

    /// The rollouts of a model as they are published.
    package func rollouts(of model: String) throws(PublisherFault) -> RolloutList {
        try Self.list(of: model, in: try PublishedRepository(opening: path))
    }

    /// The SHA-256 in the image of a release, by which devices name it; nil where there is no such release.
    package func imageHash(of version: ImageVersion, of model: String) throws(PublisherFault) -> SHA256Hash? {
        let target = try PublishedRepository(opening: path).target(
            FirmwareNames.image(of: model, version), in: "targets")
        return target?["custom"]?["image_hash"]?.stringValue.flatMap(SHA256Hash.init(hex:))
    }

    /// Publishes a rollout before all others of the model. Its first stage is open.
    package func create(_ rollout: Rollout, of model: String) throws(PublisherFault) {
        var rollout = rollout
        rollout.stages[0].opened = now
        try change(model) { (list, repository) throws(PublisherFault) in
            guard !list.rollouts.contains(where: { $0.id == rollout.id }) else {
                throw .exists("the rollout \(rollout.id)")
            }
            guard repository.target(FirmwareNames.image(of: model, rollout.release), in: "targets") != nil else {
                throw .unknown("the release \(rollout.release) of \(model)")
            }
            // A device that was taken down would be taken up again by the other.
            if rollout.allowsDowngrade,
                let other = list.rollouts.first(where: { $0.release > rollout.release && $0.state != .aborted })
            {
                throw .notAllowed("\(other.id) leads to \(other.release): abort it before devices go down")
            }
            // What has ended makes room; ids stay used for as long as they are on the list.
            if list.rollouts.count >= RolloutList.rolloutCountMax {
                guard let ended = list.rollouts.lastIndex(where: { $0.state == .aborted || $0.expires <= now }) else {
                    throw .notAllowed("\(RolloutList.rolloutCountMax) rollouts are on the list: abort one")
                }
                list.rollouts.remove(at: ended)
            }
            list.rollouts.insert(rollout, at: 0)
        }
    }

    /// Opens the next stage.
    package func advance(_ id: String, of model: String) throws(PublisherFault) -> Rollout {
        try change(id, of: model) { (rollout) throws(PublisherFault) in
            try rollout.openNextStage(at: now)
        }
    }

    package func set(_ state: Rollout.State, of id: String, of model: String) throws(PublisherFault) -> Rollout {
        try change(id, of: model) { (rollout) throws(PublisherFault) in
            guard rollout.state != .aborted else { throw .notAllowed("the rollout was aborted, which is for good") }
            rollout.state = state
        }
    }

    /// Does what the gate says, and tells what that was.
    package func pass(
        _ id: String, of model: String, _ evidence: RolloutEvidence
    ) throws(PublisherFault) -> (rollout: Rollout, verdict: RolloutGate.Verdict) {
        guard let rollout = try rollouts(of: model).rollouts.first(where: { $0.id == id }) else {
            throw .unknown("the rollout \(id)")
        }
        let verdict = RolloutGate.verdict(on: rollout, evidence, at: now)
        switch verdict {
        case .advance: return (try advance(id, of: model), verdict)
        case .pause: return (try set(.paused, of: id, of: model), verdict)
        case .hold: return (rollout, verdict)
        }
    }

    private func change(
        _ id: String, of model: String, _ body: (inout Rollout) throws(PublisherFault) -> Void
    ) throws(PublisherFault) -> Rollout {
        var changed: Rollout?
        try change(model) { (list, _) throws(PublisherFault) in
            guard let index = list.rollouts.firstIndex(where: { $0.id == id }) else {
                throw .unknown("the rollout \(id)")
            }
            try body(&list.rollouts[index])
            changed = list.rollouts[index]
        }
        guard let changed else { throw .unknown("the rollout \(id)") }
        return changed
    }

    private func change(
        _ model: String, _ body: (inout RolloutList, PublishedRepository) throws(PublisherFault) -> Void
    ) throws(PublisherFault) {
        var repository = try PublishedRepository(opening: path)
        var list = try Self.list(of: model, in: repository)
        try body(&list, repository)
        let bytes = Array(list.json.serialized().utf8)
        // What hubs would refuse is not published.
        do throws(DocumentFault) {
            guard try RolloutList(decoding: bytes) == list else {
                throw .contradiction(reason: "the document is read otherwise than it is written")
            }
        } catch {
            throw .document(error)
        }
        try repository.put(
            bytes, as: FirmwareNames.rollouts(of: model), in: PublishedRepository.rolloutsRole, custom: nil)
        try repository.publish(rollouts: true, ring: ring, at: now)
    }

    private static func list(
        of model: String, in repository: PublishedRepository
    ) throws(PublisherFault) -> RolloutList {
        guard FirmwareNames.isModel(model) else { throw .unknown("a model of the name \(model)") }
        let name = FirmwareNames.rollouts(of: model)
        guard let bytes = try repository.content(of: name, in: PublishedRepository.rolloutsRole) else {
            return RolloutList(model: model, rollouts: [])
        }
        do throws(DocumentFault) {
            return try RolloutList(decoding: bytes)
        } catch {
            throw .unreadable(path: name, reason: "\(error)")
        }
    }
}
