import CBORCoding

/// Whether a device is owned.
///
/// firmware-specs/cddl: `owner-state`.
package enum OwnerState: String, CBORShape, Sendable, Hashable, CaseIterable {
    case free
    /// A hub has claimed it; the person at the device has to press the button.
    case awaitingButton = "awaiting-button"
    case owned
}
