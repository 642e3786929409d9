import DeviceLinks
import HubCore
import HubStore
import KeyStore

/// What the control routes look at and may set off.
struct ControlContext: Sendable {
    let settings: ConfigurationInUse
    let identityInUse: IdentityInUse
    /// Certificates of the makers' device CAs, DER.
    let deviceAnchors: [[UInt8]]
    let store: HubStore
    let services: AgentServices
    let bluetooth: BluetoothHost
    let models: ModelKeeper
    let rollouts: RolloutBoard
    let refusals = RefusedCallers()
    /// Tells the forwarder what a person asks of it.
    let forwarding: @Sendable (Forwarder.Event) -> Void
    /// Tells the registrar the same.
    let registrar: @Sendable (Registrar.Event) -> Void
    let images: FirmwareImageFolder
    let updates: FirmwareBoard
    /// Tells the updates of firmware what a person asks of them.
    let firmware: @Sendable (FirmwareService.Event) -> Void
    /// Has the certificates renewed, whatever is left of their life.
    let renew: @Sendable () -> Void
    /// Has the repository's metadata read now.
    let checkFirmware: @Sendable () -> Void

    var configuration: HubConfiguration { settings.configuration }
    var identity: HubIdentity { identityInUse.current }
}
