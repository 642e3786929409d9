package import CORProtocol

/// Which records a listing holds, and in which order.
package struct RecordFilter: Sendable, Hashable {
    package enum Order: Sendable, Hashable {
        case newestFirst
        case oldestFirst
    }

    package var serial: DeviceSerial?
    package var kind: RecordKind?
    /// Continues a listing behind this item, in the listing's order.
    package var after: UInt64?
    package var order: Order
    package var countMax: Int

    package init(
        serial: DeviceSerial? = nil, kind: RecordKind? = nil, after: UInt64? = nil, order: Order = .newestFirst,
        countMax: Int = 100
    ) {
        self.serial = serial
        self.kind = kind
        self.after = after
        self.order = order
        self.countMax = countMax
    }
}
