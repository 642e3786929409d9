import CBORCoding

/// Why device sequences are not in the history.
///
/// firmware-specs/cddl: `gap-reason`.
package enum GapReason: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    /// On the device.
    case missing = 1
    /// By the hub's checks.
    case refused = 2
    /// With the batch that held them.
    case quarantined = 3
    /// By policy.
    case overwritten = 4
    /// In storage.
    case lost = 5
    /// Before it was sent, because the person whose it was wants it so.
    case erased = 6
}
