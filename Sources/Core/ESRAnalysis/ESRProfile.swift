package struct ESRProfile: Sendable, Hashable {
    package var version: String
    package var canonicalDescription: String { version }
    package static let short60 = ESRProfile(version: "short-60/1")
}
