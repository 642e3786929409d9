/// Decides whether other model bytes may take the place of the model in use: the gate of docs/clinical/change-control.md.
///
/// Whoever calls has checked the signature over the bytes. A refused model leaves the one in use untouched; results made
/// before stay, and each result names the model that made it.
package struct ModelUpdateGate: Sendable {
    package enum Refusal: Sendable, Hashable {
        case unreadable(ESRModelArtefact.Fault)
        case otherProfile(String)
        /// Not newer than the model in use, and not the one that a rollback may go to.
        case notNewer(revision: Int, inUse: Int)
        case selfTestFailed(SelfTest.Outcome)
        /// A known run of the model in use gets no number any more.
        case lostResult(run: Int)
        /// A known run's value moves further than the new model declares, mm/h.
        case shiftExceedsDeclared(run: Int, shift: Double, declared: Double)
    }

    package enum Verdict: Sendable, Hashable {
        case accepted(ESRModel)
        case refused(Refusal)
    }

    /// The analysis in use.
    package let analyzer: ESRAnalyzer
    /// SHA-256 of the model that was in use before and passed then: the only older one that may come back.
    package let lastGood: String?

    package init(analyzer: ESRAnalyzer, lastGood: String?) {
        self.analyzer = analyzer
        self.lastGood = lastGood
    }

    /// - Parameter sha256: what the signed statement says that the bytes hash to, hexadecimal.
    package func verdict(on bytes: [UInt8], sha256: String) -> Verdict {
        let artefact: ESRModelArtefact
        do throws(ESRModelArtefact.Fault) {
            artefact = try ESRModelArtefact(bytes, sha256: sha256)
        } catch {
            return .refused(.unreadable(error))
        }
        return verdict(on: artefact)
    }

    /// Of bytes that were read already, with the hash that the signed statement names.
    package func verdict(on artefact: ESRModelArtefact) -> Verdict {
        guard artefact.profile == analyzer.profile.version else { return .refused(.otherProfile(artefact.profile)) }
        let current = analyzer.model?.artefact
        if let current, artefact.revision <= current.revision, artefact.sha256 != lastGood {
            return .refused(.notNewer(revision: artefact.revision, inUse: current.revision))
        }
        let candidate = ESRAnalyzer(profile: analyzer.profile, model: ESRModel(artefact))
        let outcome = SelfTest(candidate).outcome()
        guard outcome.isPassed else { return .refused(.selfTestFailed(outcome)) }
        // A rollback undoes a shift that was accepted once; only a step forward is held to its declaration.
        guard artefact.sha256 != lastGood else { return .accepted(ESRModel(artefact)) }
        for (index, known) in (current?.knownRuns ?? []).enumerated() {
            guard let value = candidate.verdict(on: SelfTest.run(known)).estimate?.value else {
                return .refused(.lostResult(run: index))
            }
            let shift = abs(value - known.value)
            guard shift <= artefact.shiftMax else {
                return .refused(.shiftExceedsDeclared(run: index, shift: shift, declared: artefact.shiftMax))
            }
        }
        return .accepted(ESRModel(artefact))
    }
}
