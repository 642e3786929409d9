import DeviceLinks
import HubCore
import HubStore
import KeyStore

/// What the control routes look at and may set off.
struct ControlContext: Sendable {
    let configuration: HubConfiguration
    let identity: HubIdentity
    /// Certificates of the makers' device CAs, DER.
    let deviceAnchors: [[UInt8]]
    let store: HubStore
    let services: AgentServices
    let bluetooth: BluetoothHost
    let models: ModelKeeper
    let refusals = RefusedCallers()
    /// Tells the forwarder what a person asks of it.
    let forwarding: @Sendable (Forwarder.Event) -> Void
    /// Tells the registrar the same.
    let registrar: @Sendable (Registrar.Event) -> Void
}
