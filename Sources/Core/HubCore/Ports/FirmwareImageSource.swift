import CORProtocol

/// Where images of rollouts come from. What comes is judged before it is used; a source need not be trusted.
package protocol FirmwareImageSource: Sendable {
    /// Brings the target's bytes into the file at `path`, resuming what lies there.
    ///
    /// - Returns: success once the file is complete, durable, and has the target's length and SHA-256.
    func fetch(_ target: FirmwareOffer.Target, to path: String) async -> Result<Void, FirmwareFetchFault>
}

package enum FirmwareFetchFault: Error, Sendable, Hashable {
    /// May be otherwise in a moment: no network, a server that answers 5xx, a full disk.
    case transient(reason: String)
    /// What a server gave is not what the metadata say. Nobody has signed that: another answer may be right, later.
    case refused(reason: String)
    /// The metadata themselves name no such image that could be had.
    case permanent(reason: String)
}
