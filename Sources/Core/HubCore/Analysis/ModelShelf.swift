package import CORProtocol
package import COSESigning
package import ESRAnalysis

/// The model that the analysis uses, and the one before it: what may be installed, and what a rollback goes back to.
///
/// docs/clinical/change-control.md. A model is whole, signed for this environment by the configured key, made for this
/// program's profile, of a higher revision, right about its known runs, and within the shift that it declares; or it
/// changes nothing.
package struct ModelShelf: Sendable {
    /// Whose models are taken.
    package struct Maker: Sendable {
        package var key: COSEPublicKey
        /// SHA-256 of the maker's certificate.
        package var certificateThumbprint: SHA256Hash
        package var environment: String

        package init(key: COSEPublicKey, certificateThumbprint: SHA256Hash, environment: String) {
            self.key = key
            self.certificateThumbprint = certificateThumbprint
            self.environment = environment
        }
    }

    /// What a start finds.
    package struct Opening: Sendable {
        /// Nil where the installed model cannot be used: then there is no analysis.
        package var analyzer: ESRAnalyzer?
        /// What a person should know; nil where all is as it was left.
        package var note: String?
    }

    package private(set) var content: ModelShelfContent
    /// Nil where none is configured; nothing can be installed then.
    package let maker: Maker?
    private let builtIn: ESRAnalyzer

    package init(_ content: ModelShelfContent, maker: Maker?, builtIn: ESRAnalyzer = ESRAnalyzer()) {
        self.content = content
        self.maker = maker
        self.builtIn = builtIn
    }

    /// Chooses the model at start. It checks everything again but the shift, which was of the moment of installing.
    package mutating func open() -> Opening {
        guard let installed = content.inUse else { return Opening(analyzer: builtIn, note: nil) }
        let model: ESRModel
        do throws(ModelRefusal) {
            model = ESRModel(try artefact(of: installed))
        } catch {
            return Opening(analyzer: nil, note: "the installed model cannot be used: \(error.explanation)")
        }
        let revision = builtIn.model?.artefact.revision ?? 0
        guard model.artefact.profile == builtIn.profile.version, model.artefact.revision > revision else {
            content = ModelShelfContent()
            return Opening(
                analyzer: builtIn,
                note: "the program's own model (revision \(revision)) replaces revision \(model.artefact.revision)")
        }
        return Opening(analyzer: ESRAnalyzer(profile: builtIn.profile, model: model), note: nil)
    }

    /// Takes a signed model into use, or refuses it and changes nothing.
    package mutating func install(
        _ message: [UInt8], over current: ESRAnalyzer
    ) throws(ModelRefusal) -> ESRAnalyzer {
        let artefact = try artefact(of: message)
        // Where the model in use has failed, what it was counts: a lower revision does not come in that way.
        let gate = ModelUpdateGate(analyzer: current.model == nil ? builtIn : current, lastGood: nil)
        let revision = [current, builtIn].compactMap(\.model?.artefact.revision).max() ?? 0
        guard artefact.revision > max(revision, installedRevision) else {
            throw .gate(.notNewer(revision: artefact.revision, inUse: max(revision, installedRevision)))
        }
        let analyzer = try accepted(gate.verdict(on: artefact))
        content = ModelShelfContent(inUse: message, before: current.model == nil ? .builtIn : content.asBefore)
        return analyzer
    }

    /// Goes back to the model that was in use before the last installation; once.
    package mutating func rollBack() throws(ModelRefusal) -> ESRAnalyzer {
        let analyzer: ESRAnalyzer
        switch content.before {
        case nil:
            throw .nothingBefore
        case .builtIn?:
            let outcome = SelfTest(builtIn).outcome()
            guard outcome.isPassed else { throw .gate(.selfTestFailed(outcome)) }
            analyzer = builtIn
        case .installed(let message)?:
            let artefact = try artefact(of: message)
            let gate = ModelUpdateGate(analyzer: builtIn, lastGood: artefact.sha256)
            analyzer = try accepted(gate.verdict(on: artefact))
        }
        content = ModelShelfContent(inUse: content.before?.message, before: nil)
        return analyzer
    }

    private var installedRevision: Int {
        do throws(ModelRefusal) {
            return try content.inUse.map { message throws(ModelRefusal) in try artefact(of: message).revision } ?? 0
        } catch {
            return 0
        }
    }

    private func accepted(_ verdict: ModelUpdateGate.Verdict) throws(ModelRefusal) -> ESRAnalyzer {
        switch verdict {
        case .accepted(let model): return ESRAnalyzer(profile: builtIn.profile, model: model)
        case .refused(let refusal): throw .gate(refusal)
        }
    }

    /// The model in a signed message, whose statement was found to be the model's own.
    private func artefact(of message: [UInt8]) throws(ModelRefusal) -> ESRModelArtefact {
        guard let maker else { throw .makerUnknown }
        let signed: SignedModel
        do throws(SignedMessageRefusal) {
            signed = try SignedModel(decoding: message)
        } catch {
            throw .malformed(error)
        }
        guard signed.certificateThumbprint == maker.certificateThumbprint.bytes else { throw .otherMaker }
        guard signed.verdict(environment: maker.environment, key: maker.key) == .valid else { throw .signatureWrong }
        let release = signed.release
        let artefact: ESRModelArtefact
        do throws(ESRModelArtefact.Fault) {
            artefact = try ESRModelArtefact(release.bytes, sha256: release.hash.hex)
        } catch {
            throw .gate(.unreadable(error))
        }
        // What the maker signed and what the bytes say of themselves must be one.
        guard release.algorithm == ESRAnalyzer.algorithm else { throw .statementDiffers(of: "algorithm") }
        guard Int(release.revision) == artefact.revision else { throw .statementDiffers(of: "revision") }
        guard release.profile == artefact.profile else { throw .statementDiffers(of: "profile") }
        guard Double(release.shiftMaxHundredths) == (artefact.shiftMax * 100).rounded() else {
            throw .statementDiffers(of: "shift")
        }
        return artefact
    }
}
