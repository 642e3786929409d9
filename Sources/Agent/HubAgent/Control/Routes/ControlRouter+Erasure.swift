import CORProtocol
import DurableFiles
import HubCore
import HubStore
import JSONCoding

extension ControlRouter {
    /// What erasing this subject's readings would take away.
    func erasable(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let subject = try subject(of: request)
        let step = try await read { (reader) throws(StoreFault) in try reader.erasable(subject) }
        return erasure(step, of: subject)
    }

    /// Erases this subject's readings. A caller that goes away stops nothing.
    func erase(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        let subject = try subject(of: request)
        let step: ErasureStep
        do {
            step = try await ReadingErasure(store: context.store, clock: context.services.clock).erase(subject)
        } catch {
            throw ControlRefusal(.storage(error.explanation))
        }
        // Upstream is told with the next batch, which does not wait for the heartbeat.
        if step.hasBegun || !step.isEmpty { context.forwarding(.itemsStored) }
        return erasure(step, of: subject)
    }

    private func subject(of request: ControlRequest) throws(ControlRefusal) -> SubjectID {
        guard let subject = request.query["subject"].flatMap(SubjectID.init) else {
            throw ControlRefusal(.badRequest("subject is an opaque id"))
        }
        return subject
    }

    private func erasure(_ step: ErasureStep, of subject: SubjectID) -> JSONValue {
        [
            "schema": "corhub/erasure/1", "subject": .string(subject.text), "records": .count(step.recordCount),
            "results": .count(step.resultCount), "batches": .count(step.batchCount),
            "refused": .count(step.refusedCount), "waiting": .count(step.waitingCount),
            "stores_set_aside": .texts(Self.folders(in: context.configuration.quarantineDirectory)),
        ]
    }

    /// Damaged stores that were set aside are not looked into: who erases may have to remove them too.
    private static func folders(in directory: String) -> [String] {
        ((try? FolderNames.of(directory)) ?? []).filter { $0.hasPrefix("store-") }.map { "\(directory)/\($0)" }
    }
}
