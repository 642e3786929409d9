import CORProtocol
import FirmwareRollout
import HubCore
import MCUbootImage
import TUFMetadata
import TUFUpdater
import TextEncodings

/// Reads what a refreshed repository says for some models of devices. What was read is dropped; only the plan stays.
struct RolloutReading {
    private var updater: RepositoryUpdater
    private let targets: any RepositoryPort
    private let documents: MetadataFolder

    /// - Parameters:
    ///   - updater: after its `update`.
    ///   - documents: where the documents with rollouts are kept, for when nobody can be asked.
    init(_ updater: RepositoryUpdater, targets: any RepositoryPort, documents: MetadataFolder) {
        self.updater = updater
        self.targets = targets
        self.documents = documents
    }

    mutating func plan(for models: [String]) async throws(MetadataFault) -> RolloutPlan {
        var plan = RolloutPlan(validUntil: 0, metadataVersion: 0)
        for model in models.prefix(RolloutPlan.modelCountMax) where FirmwareNames.isModel(model) {
            do throws(MetadataFault) {
                let (target, location) = try await updater.find(FirmwareNames.rollouts(of: model))
                let bytes = try await document(target, at: location)
                let list: RolloutList
                do throws(DocumentFault) {
                    list = try RolloutList(decoding: bytes)
                    guard list.model == model else {
                        throw .contradiction(reason: "\(target.path) says that it is for \(list.model)")
                    }
                } catch {
                    plan.faults[model] = "\(error.code): \(error)"
                    continue
                }
                plan.models[model] = try await read(list)
            } catch {
                guard case .targetNotFound = error else { throw error }
            }
        }
        plan.validUntil = updater.validUntil ?? 0
        plan.metadataVersion = updater.snapshotVersion.map { UInt64($0) } ?? 0
        return plan
    }

    private mutating func read(_ list: RolloutList) async throws(MetadataFault) -> RolloutPlan.Model {
        var model = RolloutPlan.Model(rollouts: list.rollouts)
        for version in list.wantedVersions {
            try await read(version, of: list.model, into: &model)
            guard case .release(let release)? = model.releases[version] else { continue }
            for step in release.description.mustPassThrough where model.releases[step] == nil {
                try await read(step, of: list.model, into: &model)
            }
        }
        return model
    }

    private mutating func read(
        _ version: ImageVersion, of name: String, into model: inout RolloutPlan.Model
    ) async throws(MetadataFault) {
        do throws(MetadataFault) {
            let (target, location) = try await updater.find(FirmwareNames.image(of: name, version))
            do throws(DocumentFault) {
                model.releases[version] = .release(try Release(of: target, at: location))
            } catch {
                model.releases[version] = .unusable(reason: "\(error.code): \(error)")
            }
        } catch {
            guard case .targetNotFound = error else { throw error }
        }
    }

    /// The document from the folder, if it is the one that the metadata name; else from the repository.
    private func document(_ target: TargetFile, at location: String) async throws(MetadataFault) -> [UInt8] {
        guard target.length <= RolloutList.lengthMax else {
            throw .lengthWrong(name: target.path, lengthMax: RolloutList.lengthMax)
        }
        let name = PercentEncoding.encode(target.path)
        if let stored = try? documents.read(name), (try? target.facts.check(stored, name: name)) != nil {
            return stored
        }
        let bytes = try await RepositoryUpdater.read(target, at: location, from: targets)
        do throws(MetadataFolder.Fault) {
            try documents.replace(name, with: bytes)
            try documents.synchronise()
        } catch {
            throw .storage(name: name)
        }
        return bytes
    }
}
