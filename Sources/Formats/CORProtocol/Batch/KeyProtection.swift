import CBORCoding

/// Where the hub's signing key lives.
///
/// firmware-specs/cddl: `key-protection`.
package enum KeyProtection: String, CBORShape, Sendable, Hashable, CaseIterable {
    case tpm
    /// A systemd credential.
    case credential
    case file
}
