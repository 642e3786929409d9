import CBORCoding

/// Which part of a device's state changed.
///
/// firmware-specs/cddl: `state-change`.
package enum StateChange: String, CBORShape, Sendable, Hashable, CaseIterable {
    case run
    case battery
    case button
    case owner
    case fault
    case cartridge
}
