import CBORCoding

/// How an image stands with its boot loader.
///
/// firmware-specs/cddl: `slot-state`.
package enum SlotState: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    case confirmed = 1
    /// It runs, and the next start brings the other one back.
    case onTrial = 2
    /// It is tried at the next start.
    case marked = 3
    /// None of these.
    case idle = 4
}
