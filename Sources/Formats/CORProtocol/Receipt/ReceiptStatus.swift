import CBORCoding

/// What the upstream did with a batch.
///
/// firmware-specs/cddl: `receipt-status`.
package enum ReceiptStatus: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    case accepted = 1
    case acceptedWithGaps = 2
    case rejected = 3
}
