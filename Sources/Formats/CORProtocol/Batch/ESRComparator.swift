import CBORCoding

/// How the rate relates to the number given.
///
/// firmware-specs/cddl: `esr-comparator`.
package enum ESRComparator: String, CBORShape, Sendable, Hashable, CaseIterable {
    case equal = "="
    /// Above the measuring range.
    case greater = ">"
    /// Below the measuring range.
    case less = "<"
}
