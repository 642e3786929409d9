import CBORCoding

/// What the agent found when it tried the sandbox that its service manager puts around it.
///
/// firmware-specs/cddl: `sandbox-state`.
package enum SandboxState: String, CBORShape, Sendable, Hashable, CaseIterable {
    /// Every call that had to be refused was refused.
    case inForce = "in-force"
    /// Some were.
    case partial
    /// None was.
    case absent
}
