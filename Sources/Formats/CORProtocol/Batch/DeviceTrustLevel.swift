import CBORCoding

/// How far the hub trusted the device that gave a record.
///
/// firmware-specs/cddl: `trust`.
package enum DeviceTrustLevel: String, CBORShape, Sendable, Hashable, CaseIterable {
    /// By certificate and challenge.
    case attested
    /// Allowed by configuration, without a certificate.
    case linkOnly = "link-only"
}
