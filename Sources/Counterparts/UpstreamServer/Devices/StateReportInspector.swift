import CORProtocol
import FirmwareRollout
package import X509

/// Finds the state reports of rollouts in a batch, and judges by what the device itself has signed whether each may count.
///
/// firmware-specs/rollouts.md, section 6.
package struct StateReportInspector: Sendable {
    private let evidence: DeviceEvidenceInspector

    /// - Parameter anchors: the certificates of the makers' device authorities.
    package init(anchors: [Certificate]) {
        evidence = DeviceEvidenceInspector(anchors: anchors)
    }

    /// The reports about devices that were tried, in their order.
    func inspect(_ events: [FirmwareEvent], from hub: HubID, at now: Int64) async -> [JudgedStateReport] {
        var judged: [JudgedStateReport] = []
        for event in events {
            guard let report = StateReport(event), report.end.isAttempt else { continue }
            judged.append(
                JudgedStateReport(
                    serial: event.serial, report: report, finding: await finding(report, event, from: hub, at: now)))
        }
        return judged
    }

    private func finding(
        _ report: StateReport, _ event: FirmwareEvent, from hub: HubID, at now: Int64
    ) async -> JudgedStateReport.Finding {
        guard let signed = event.evidence else { return .uncounted(.unsigned) }
        let verdict = await evidence.inspect(
            attestation: signed.attestation, chain: signed.certificateChain, of: event.serial, for: hub, at: now)
        guard case .sound(let found) = verdict, let thumbprint = found.thumbprint, let payload = found.attestation
        else { return .uncounted(.refused) }
        guard let state = payload.state else { return .uncounted(.stateMissing) }
        // "Confirmed" by the hub and "on trial" by the device: one of them is wrong.
        guard report.end != .confirmed || state.running.state == .confirmed else {
            return .uncounted(.contradicted)
        }
        return .sound(
            .init(
                hash: .of(signed.attestation), thumbprint: thumbprint, runningHash: state.running.hash,
                bootCounter: payload.bootCounter, uptimeMilliseconds: state.uptimeMilliseconds))
    }
}
