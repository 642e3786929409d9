import HubCore

/// What the run loops share.
struct AgentServices: Sendable {
    let clock: any HubClockReading
    let clockWitness: ClockWitness
    let certificates: any DeviceCertificateVerifying
    let records: RecordKeeper
    let analysis: AnalysisInUse
    let desk: DeviceDesk
    let board: StatusBoard
    /// What the agent found of its sandbox at its start.
    let sandbox: SandboxFindings
    let events: EventBroadcaster
    /// Tells the updates of firmware who is there.
    let firmware: @Sendable (FirmwareService.Event) -> Void
}
