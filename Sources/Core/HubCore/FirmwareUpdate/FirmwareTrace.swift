package import CORProtocol

/// How the steps of an update stand in the audit chain and in batches.
enum FirmwareTrace {
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
