import CORProtocol
import HubCore
import Synchronization

/// The upstream by the identity that is in use. A connection that was made by an earlier one is given up with it.
final class RenewableUpstream: UpstreamPort, DeviceRegistryPort {
    struct Ports: Sendable {
        var batches: any UpstreamPort
        var devices: any DeviceRegistryPort
        /// Gives up what is kept open.
        var close: @Sendable () -> Void
    }

    private let held: Mutex<Ports>

    init(_ ports: Ports) {
        held = Mutex(ports)
    }

    func replace(with ports: Ports) {
        let before = held.withLock { held in
            defer { held = ports }
            return held
        }
        before.close()
    }

    func submit(batch: [UInt8]) async -> SubmissionOutcome {
        await held.withLock { $0.batches }.submit(batch: batch)
    }

    func register(_ serial: DeviceSerial, evidence: DeviceEvidence?) async -> RegistryAnswer {
        await held.withLock { $0.devices }.register(serial, evidence: evidence)
    }

    func release(_ serial: DeviceSerial) async -> RegistryAnswer {
        await held.withLock { $0.devices }.release(serial)
    }

    func recalls(newerThan number: UInt64) async -> Result<[UInt8]?, UpstreamFault> {
        await held.withLock { $0.devices }.recalls(newerThan: number)
    }
}
