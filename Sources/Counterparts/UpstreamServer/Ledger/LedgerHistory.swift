package import CORProtocol

/// What is stored that bears on a batch's contents.
package struct LedgerHistory: Sendable, Hashable {
    package struct AuditHead: Sendable, Hashable {
        package var sequence: UInt64
        package var hash: SHA256Hash

        package init(sequence: UInt64, hash: SHA256Hash) {
            self.sequence = sequence
            self.hash = hash
        }
    }

    /// Entries that were in a rejected batch, seen from their two ends.
    package struct AuditHole: Sendable, Hashable {
        /// The newest stored entry before; nil where the hole begins with the log.
        package var before: AuditHead?
        /// The oldest stored entry from there on.
        package var afterSequence: UInt64
        /// What that entry names as the one before it; nil where an earlier version stored it.
        package var afterPreviousHash: SHA256Hash?

        package init(before: AuditHead?, afterSequence: UInt64, afterPreviousHash: SHA256Hash?) {
            self.before = before
            self.afterSequence = afterSequence
            self.afterPreviousHash = afterPreviousHash
        }
    }

    /// The hub's log is one, whatever epochs and batches it travels in.
    package enum AuditPredecessor: Sendable, Hashable {
        case inEarlierEpoch
        /// The last one of a batch that was rejected, in whichever epoch.
        case inRejectedBatch
    }

    /// The newest audit entry of the epoch; nil before the first.
    package var auditHead: AuditHead?
    /// Where the first audit entry of the batch lies among those of the epoch; nil unless it lies before the newest.
    package var auditHole: AuditHole?
    /// The batch before was rejected, so that its audit entries are not here.
    package var followsRejected: Bool
    /// Where else the entry is that the batch's first one names as the one before it; nil where nobody has it.
    package var auditPredecessor: AuditPredecessor?
    /// Up to where each device's sequences are accounted for in this epoch.
    package var accounted: [DeviceSerial: UInt64]
    /// Up to where an earlier epoch of this hub accounts for each device, or any hub ever sent records of it.
    package var known: [DeviceSerial: UInt64]
    /// The ids of the records that are stored under the serials and sequences of the batch.
    package var recordIDs: [DevicePosition: SHA256Hash]
    /// The hub had an epoch before this one, and this batch opens another.
    package var replacesEpoch: Bool

    package init(
        auditHead: AuditHead? = nil, followsRejected: Bool = false, accounted: [DeviceSerial: UInt64] = [:],
        known: [DeviceSerial: UInt64] = [:], recordIDs: [DevicePosition: SHA256Hash] = [:], replacesEpoch: Bool = false
    ) {
        self.auditHead = auditHead
        self.followsRejected = followsRejected
        self.accounted = accounted
        self.known = known
        self.recordIDs = recordIDs
        self.replacesEpoch = replacesEpoch
    }
}

package struct DevicePosition: Sendable, Hashable {
    package var serial: DeviceSerial
    package var sequence: UInt64

    package init(serial: DeviceSerial, sequence: UInt64) {
        self.serial = serial
        self.sequence = sequence
    }
}
