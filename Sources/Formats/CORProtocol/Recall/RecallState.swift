import CBORCoding

/// How a device is taken out of use.
///
/// firmware-specs/cddl: `recall-state`.
package enum RecallState: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    /// It may come back.
    case suspended = 1
    /// For good.
    case revoked = 2
}
