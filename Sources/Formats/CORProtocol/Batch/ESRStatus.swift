import CBORCoding

/// How much a result may be relied on.
///
/// firmware-specs/cddl: `esr-status`.
package enum ESRStatus: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    case `final` = 1
    case preliminary = 2
    case noResult = 3
}
