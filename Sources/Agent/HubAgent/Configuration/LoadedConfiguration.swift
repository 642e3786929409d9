package import CORProtocol

/// A configuration and the SHA-256 of the file that it came from.
package struct LoadedConfiguration: Sendable, Equatable {
    package var configuration: HubConfiguration
    package var hash: SHA256Hash
}
