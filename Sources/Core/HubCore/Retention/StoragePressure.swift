package import CORProtocol

/// How full the store is, as steps at which something else stops. Each stops what those before it stop as well.
package enum StoragePressure: String, Sendable, Hashable, CaseIterable, Comparable {
    case none
    /// Somebody should look. Content behind verified receipts goes at once, whatever its age.
    case warning
    /// No diagnostics: log excerpts are named as gaps instead of stored, and of refused records only the reason is kept.
    case noDiagnostics = "no-diagnostics"
    /// No records: devices are not acknowledged, and keep theirs. The reserve is left to the audit chain.
    case noRecords = "no-records"

    /// Whether devices are told that their records may go.
    package var acknowledgesDevices: Bool { self < .noRecords }

    /// Whether the bytes of refused records are kept; their reason and their gap always are.
    package var keepsRefusedBytes: Bool { self < .noDiagnostics }

    /// Whether a record of this kind is stored; one that is not is named by a gap.
    package func stores(_ kind: RecordKind) -> Bool {
        switch kind {
        case .sedimentationRun, .selfTest: true
        case .logExcerpt: self < .noDiagnostics
        }
    }

    package static func < (left: StoragePressure, right: StoragePressure) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .none: 0
        case .warning: 1
        case .noDiagnostics: 2
        case .noRecords: 3
        }
    }
}
