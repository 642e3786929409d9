/// The kinds of items, by the number of their section in a batch (firmware-specs/cddl/batch.cddl).
enum ItemSection: Int64, CaseIterable, Sendable {
    case record = 6
    case gap = 7
    case result = 8
    case firmwareEvent = 9
    case deviceEvent = 10
    case audit = 11

    /// Items of a lower lane go first: what is small and wanted before the raw records. Gaps keep their place among
    /// the records, since the upstream accounts for a device's sequences in their order.
    var lane: Int64 {
        self == .record || self == .gap ? 1 : 0
    }

    /// Where the items' content is.
    var table: StoredTable {
        switch self {
        case .record: .records
        case .gap: .gaps
        case .result: .results
        case .firmwareEvent: .firmwareEvents
        case .deviceEvent: .deviceEvents
        case .audit: .audit
        }
    }
}
