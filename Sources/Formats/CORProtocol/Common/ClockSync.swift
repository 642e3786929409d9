import CBORCoding

/// How far the hub's wall clock was in step with the world.
///
/// firmware-specs/cddl: `clock-sync`.
package enum ClockSync: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    /// Not since boot.
    case never = 0
    /// Set at least once, not followed now.
    case stepped = 1
    case synchronised = 2
}
