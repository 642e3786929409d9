/// The kinds of items, by the number of their section in a batch (firmware-specs/cddl/batch.cddl).
enum ItemSection: Int64, CaseIterable, Sendable {
    case record = 6
    case gap = 7
    case result = 8
    case firmwareEvent = 9
    case deviceEvent = 10
    case audit = 11

    /// Items of a lower lane go first: what is small and wanted before the raw records.
    enum Lane: Int64, CaseIterable, Sendable {
        case entries = 0
        case records = 1

        var sections: [ItemSection] { ItemSection.allCases.filter { $0.lane == self } }
    }

    /// Gaps keep their place among the records, since the upstream accounts for a device's sequences in their order.
    var lane: Lane {
        self == .record || self == .gap ? .records : .entries
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

    /// Length of an item in a batch, at most, from that of its stored content.
    func itemLength(ofContent length: Int) -> Int {
        self == .record ? length + Self.recordItemOverhead : length
    }

    /// What a record item has beyond the record's own bytes, at most.
    private static let recordItemOverhead = 256
}
