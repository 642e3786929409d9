package import CORProtocol

/// A stored record without its bytes.
package struct RecordSummary: Sendable, Hashable {
    /// The number in the store, ascending in the order of arrival.
    package var item: UInt64
    package var recordID: SHA256Hash
    package var serial: DeviceSerial
    /// The device's sequence.
    package var sequence: UInt64
    package var kind: RecordKind
    /// The cartridge's id, where the kind has one.
    package var cartridge: String?
    /// In bytes; also where the bytes are gone.
    package var length: Int
    package var received: TimeBlock
    package var link: LinkKind
    package var trust: DeviceTrustLevel
    package var subject: SubjectID?
    package var backfilled: Bool
    package var clockOffsetMilliseconds: Int64?
    package var bytesState: StoredBytesState
    package var forwarding: ForwardingState

    package init(
        item: UInt64, recordID: SHA256Hash, serial: DeviceSerial, sequence: UInt64, kind: RecordKind,
        cartridge: String?, length: Int, received: TimeBlock, link: LinkKind, trust: DeviceTrustLevel,
        subject: SubjectID?, backfilled: Bool, clockOffsetMilliseconds: Int64?, bytesState: StoredBytesState,
        forwarding: ForwardingState
    ) {
        self.item = item
        self.recordID = recordID
        self.serial = serial
        self.sequence = sequence
        self.kind = kind
        self.cartridge = cartridge
        self.length = length
        self.received = received
        self.link = link
        self.trust = trust
        self.subject = subject
        self.backfilled = backfilled
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
        self.bytesState = bytesState
        self.forwarding = forwarding
    }
}
