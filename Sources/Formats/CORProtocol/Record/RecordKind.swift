import CBORCoding

/// What a record holds.
///
/// firmware-specs/cddl: `record-kind`.
package enum RecordKind: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    case sedimentationRun = 1
    case selfTest = 2
    case logExcerpt = 3
}
