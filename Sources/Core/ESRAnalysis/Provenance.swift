/// Names exactly what made a verdict, so that it can be made again.
package struct Provenance: Sendable, Hashable {
    /// `corhub.esr`
    package var algorithm: String
    /// Semantic version of the algorithm.
    package var version: String
    /// Version of the quality profile, for example `short-60/2`.
    package var profileVersion: String
    /// Version of the trained model, for example `synthetic-home/2+0123456789ab`.
    package var modelVersion: String
    /// SHA-256 of the model's bytes, hexadecimal.
    package var modelHash: String

    package init(algorithm: String, version: String, profileVersion: String, modelVersion: String, modelHash: String) {
        self.algorithm = algorithm
        self.version = version
        self.profileVersion = profileVersion
        self.modelVersion = modelVersion
        self.modelHash = modelHash
    }
}
