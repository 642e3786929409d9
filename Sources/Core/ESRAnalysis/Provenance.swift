/// Names exactly what made a verdict, so that it can be made again.
package struct Provenance: Sendable, Hashable {
    /// `corhub.esr`
    package var algorithm: String
    /// Semantic version of the algorithm.
    package var version: String
    /// Version of the quality profile, for example `short-60/1`.
    package var profileVersion: String
    /// Version of the trained model, for example `synthetic-home/1`.
    package var modelVersion: String

    package init(algorithm: String, version: String, profileVersion: String, modelVersion: String) {
        self.algorithm = algorithm
        self.version = version
        self.profileVersion = profileVersion
        self.modelVersion = modelVersion
    }
}
