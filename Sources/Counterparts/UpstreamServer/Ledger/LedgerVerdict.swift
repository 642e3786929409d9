package import CORProtocol

/// What becomes of a batch that took its place.
package enum LedgerVerdict: Sendable, Hashable {
    case accepted(Acceptance)
    /// Its hash stays in the chain, its contents count for nothing. The reason is at most 256 bytes.
    case rejected(reason: String)

    package struct Acceptance: Sendable, Hashable {
        /// Losses that the hub did not name and could not know of.
        package var noticedGaps: [NoticedGap]
        package var alarms: [Alarm]
        /// Up to where each device of the batch is accounted for now.
        package var accounted: [DeviceSerial: UInt64]
        package var hasGaps: Bool

        package init(
            noticedGaps: [NoticedGap] = [], alarms: [Alarm] = [], accounted: [DeviceSerial: UInt64] = [:],
            hasGaps: Bool = false
        ) {
            self.noticedGaps = noticedGaps
            self.alarms = alarms
            self.accounted = accounted
            self.hasGaps = hasGaps
        }
    }

    package struct NoticedGap: Sendable, Hashable {
        package var serial: DeviceSerial
        package var first: UInt64
        package var last: UInt64

        package init(serial: DeviceSerial, first: UInt64, last: UInt64) {
            self.serial = serial
            self.first = first
            self.last = last
        }
    }
}

/// Something that a person has to look at.
package struct Alarm: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case sequenceReused = "sequence-reused"
        case sequenceUnexpected = "sequence-unexpected"
        case previousHashMismatch = "previous-hash-mismatch"
        case epochClosed = "epoch-closed"
        case epochReplaced = "epoch-replaced"
        case batchRejected = "batch-rejected"
        case auditGap = "audit-gap"
        case deviceSequenceReused = "device-sequence-reused"
        case recordsMissing = "records-missing"
        case wrongHub = "wrong-hub"
        case signatureRefused = "signature-refused"
        case tokenReused = "token-reused"
    }

    package var kind: Kind
    package var detail: String

    package init(kind: Kind, detail: String) {
        self.kind = kind
        self.detail = detail
    }
}

extension Alarm.Kind {
    init(_ conflict: LedgerConflict) {
        self =
            switch conflict {
            case .sequenceReused: .sequenceReused
            case .sequenceUnexpected: .sequenceUnexpected
            case .previousHashMismatch: .previousHashMismatch
            case .epochClosed: .epochClosed
            }
    }
}
