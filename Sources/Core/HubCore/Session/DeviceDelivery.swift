package import CORProtocol

/// What must become durable, in one transaction, before the hub acknowledges `sequence` to the device.
package struct DeviceDelivery: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case record(RecordItem, SignedRecord)
        /// The bytes as received, set aside with the reason; the gap names them upstream.
        case refused(bytes: [UInt8], reason: RecordRefusalReason)
    }

    package var serial: DeviceSerial
    package var sequence: UInt64
    package var content: Content
    /// Sequences that the device no longer has, before this one.
    package var missing: ClosedRange<UInt64>?
    package var received: TimeBlock

    package init(
        serial: DeviceSerial, sequence: UInt64, content: Content, missing: ClosedRange<UInt64>?, received: TimeBlock
    ) {
        self.serial = serial
        self.sequence = sequence
        self.content = content
        self.missing = missing
        self.received = received
    }
}
