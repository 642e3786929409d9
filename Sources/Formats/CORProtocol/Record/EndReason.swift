import CBORCoding

/// Why a run ended.
///
/// firmware-specs/cddl: `end-reason`.
package enum EndReason: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    case complete = 1
    /// By the user.
    case stopped = 2
    case power = 3
    case fault = 4
}
