import CBORCoding

/// What a hub asks of a device's ownership.
///
/// firmware-specs/cddl: `owner-operation`.
package enum OwnerOperation: String, CBORShape, Sendable, Hashable, CaseIterable {
    case claim
    case release
}
