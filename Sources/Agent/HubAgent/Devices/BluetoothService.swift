import CORProtocol
import DeviceLinks
import HubCore
import Logging
import ServiceLifecycle

/// Says why BLE is off when it is, and keeps in the audit chain what happens to pairings.
struct BluetoothService: Service {
    /// Notes that may wait for the store; older ones go, so that a device that asks for ever costs no memory.
    static let noteCountMax = 64

    let host: BluetoothHost
    let notes: AsyncStream<AdapterAuditNote>
    let services: AgentServices
    let logger: Logger

    func run() async throws {
        host.start { [logger] event in
            switch event {
            case .unavailable(let reason): logger.warning("\(reason)")
            case .available: logger.notice("BLE is on")
            case .refused(let device, let reason):
                logger.warning("device refused", metadata: ["address": "\(device.address)", "reason": "\(reason)"])
            case .found(let device): logger.debug("device seen", metadata: ["address": "\(device.address)"])
            case .lost(let address): logger.debug("device out of reach", metadata: ["address": "\(address)"])
            }
        }
        for await note in notes.cancelOnGracefulShutdown() {
            try await services.records.append(
                AuditDraft(
                    AuditType(note.kind), actor: .agent, subject: note.subject, outcome: note.outcome,
                    time: services.clock.now(), detail: note.detail))
        }
        host.close()
    }
}

extension AuditType {
    fileprivate init(_ kind: AdapterAuditNote.Kind) {
        self =
            switch kind {
            case .pairing: .pairing
            case .unpair: .unpair
            }
    }
}
