package import CORProtocol
import FirmwareRollout
import TextEncodings

/// How the steps of an update stand in the audit chain and in batches.
enum FirmwareTrace {
    /// A phase, as it is kept: with it go its audit entry, its event for upstream, and at the end the report of its rollout.
    static func kept(
        _ record: FirmwareRecord, _ finding: StateReportCheck.Finding, _ serial: DeviceSerial, at now: TimeBlock
    ) -> FirmwareUpdate.Effect {
        var detail = detail(of: record)
        if case .refused(let code) = finding {
            detail = "\(detail), state report refused: \(code)".clipped(toLength: 256)
        }
        // With each phase goes what was signed in the one before it; with an end, what the end stands on.
        var evidence: DeviceEvidence?
        if case .verified(_, let signed) = finding { evidence = signed }
        if record.phase.isEnd { evidence = record.stateReport }
        var events = [
            FirmwareEvent(serial: serial, type: record.phase.code, time: now, detail: detail, evidence: evidence)
        ]
        if let end = record.phase.end,
            let report = StateReport(
                FirmwareOutcome(offer: record.offer, end: end, reason: record.reason, time: now))
        {
            events.append(report.event(of: serial, at: now, evidence: record.stateReport))
        }
        return .keep(
            record,
            AuditDraft(
                .firmware, actor: actor(of: record), subject: serial.text, outcome: outcome(of: record.phase),
                time: now,
                detail: evidence.map { "\(detail); \(words(for: $0))" } ?? detail),
            events)
    }

    /// The report as it came, where an audit entry has room for it; else its hash, by which it is found in the event.
    private static func words(for evidence: DeviceEvidence) -> String {
        let encoded = Base64URL.text(of: evidence.attestation)
        let roomMax = CORLimits.auditDetailLengthMax - 256 - 32
        return encoded.utf8.count <= roomMax
            ? "state report \(encoded)" : "state report of SHA-256 \(SHA256Hash.of(evidence.attestation).hex)"
    }

    static func detail(of record: FirmwareRecord) -> String {
        let image = record.offer.image
        var words = "\(record.phase.code): \(image.version) image \(image.hash.hex.prefix(16))"
        switch record.offer.origin {
        case .file: words += " from a file"
        case .rollout(let id): words += " rollout \(id)"
        }
        if !record.reason.isEmpty { words += ", \(record.reason)" }
        return words.clipped(toLength: 256)
    }

    /// Whoever gave the file has ordered it; the rest is the machine's own.
    static func actor(of record: FirmwareRecord) -> AuditActor {
        if case .file(let actor) = record.offer.origin, record.phase == .offered { return actor }
        return .firmware
    }

    static func outcome(of phase: FirmwarePhase) -> AuditOutcome {
        switch phase {
        case .offered: .accepted
        case .downloading, .waiting, .uploading, .marking, .rebooting, .proving, .confirming, .confirmed, .cancelled:
            .done
        case .reverting, .reverted, .failedTransiently: .failed
        case .failedPermanently: .refused
        }
    }
}

extension AuditActor {
    package static let firmware = AuditActor(component: "firmware")
}
