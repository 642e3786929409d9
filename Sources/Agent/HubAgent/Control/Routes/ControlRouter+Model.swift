import ESRAnalysis
import HubCore
import JSONCoding

// The model that the analysis uses: docs/clinical/change-control.md.
extension ControlRouter {
    func model() async -> JSONValue {
        let shelf = await context.models.shelf
        let analyzer = context.services.analysis.analyzer
        return [
            "schema": "corhub/model/1", "algorithm": .string(ESRAnalyzer.algorithm),
            "algorithm_version": .string(ESRAnalyzer.version), "profile": .string(analyzer.profile.version),
            "analysis_on": .bool(analyzer.model != nil), "in_use": analyzer.model?.artefact.json ?? .null,
            "source": .string(shelf.content.inUse == nil ? "built-in" : "installed"),
            "can_roll_back": .bool(shelf.content.before != nil), "takes_models": .bool(shelf.maker != nil),
        ]
    }

    func installModel(_ message: [UInt8]) async throws(ControlRefusal) -> JSONValue {
        do {
            try await context.models.install(message)
        } catch {
            throw ControlRefusal(Self.failure(error))
        }
        return await model()
    }

    func rollBackModel() async throws(ControlRefusal) -> JSONValue {
        do {
            try await context.models.rollBack()
        } catch {
            throw ControlRefusal(Self.failure(error))
        }
        return await model()
    }

    private static func failure(_ failure: ModelKeeper.Failure) -> ControlFailure {
        switch failure {
        case .refused(.nothingBefore):
            .conflict(ModelRefusal.nothingBefore.code, ModelRefusal.nothingBefore.explanation)
        case .refused(let refusal):
            ControlFailure(
                status: 422, code: refusal.code, message: "the model was refused: \(refusal.explanation)")
        case .busy: .conflict("busy", "another model is being installed")
        case .storage(let fault): .storage(fault.explanation)
        }
    }
}

extension ESRModelArtefact {
    var json: JSONValue {
        [
            "version": .string(version), "revision": .count(revision), "sha256": .string(sha256),
            "profile": .string(profile), "data": .string(data), "shift_max_mm_h": .number(shiftMax),
            "known_runs": .count(knownRuns.count),
        ]
    }
}
