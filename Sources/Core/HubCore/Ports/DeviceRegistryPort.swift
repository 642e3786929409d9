package import CORProtocol

/// The upstream's list of whose each device is, and of devices that must not be used.
package protocol DeviceRegistryPort: Sendable {
    /// Asks that the device be this hub's. The same request again is harmless.
    func register(_ serial: DeviceSerial, evidence: DeviceEvidence?) async -> RegistryAnswer
    /// Tells that the device is no longer this hub's. The same again is harmless.
    func release(_ serial: DeviceSerial) async -> RegistryAnswer
    /// `signed-recalls` as received; nil where nothing is newer than list `number`.
    func recalls(newerThan number: UInt64) async -> Result<[UInt8]?, UpstreamFault>
}

package enum RegistryAnswer: Sendable, Hashable {
    case agreed
    /// It is written down as another hub's.
    case elsewhere
    /// The upstream understood and will not; the same request would be refused again. Untrusted text.
    case refused(code: String, message: String)
    /// Nothing is known to be wrong: again, not before `after` where the upstream asked for it.
    case retry(after: Duration?, cause: UpstreamFault)
}
