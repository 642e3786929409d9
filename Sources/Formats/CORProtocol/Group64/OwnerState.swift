import CBORCoding

/// Whether a device is owned.
///
/// firmware-specs/cddl: `owner-state`.
package enum OwnerState: String, CBORShape, Sendable, Hashable, CaseIterable {
    case free
    /// Claimed; the owner has to press the button.
    case awaitingButton = "awaiting-button"
    case owned
}
