package import CBORCoding

/// One entry of the hub's own log: a hash chain.
///
/// An entry is made by `sealing`. A decoded one may carry any hash; `isSealed(after:)` tells whether it is the right one.
///
/// firmware-specs/cddl: `audit-entry`.
package struct AuditEntry: CBORShape, Sendable, Hashable {
    package let sequence: UInt64
    /// Of the entry before; zeros in the first.
    package let previousHash: SHA256Hash
    package let type: AuditType
    package let actor: AuditActor
    /// Device, batch or file; never a person.
    package let subject: String
    package let outcome: String
    package let time: TimeBlock
    /// No personal data, no secret.
    package let detail: String
    /// SHA-256 of the entry's deterministic CBOR without this key.
    package let hash: SHA256Hash

    private init(
        sequence: UInt64, previousHash: SHA256Hash, type: AuditType, actor: AuditActor, subject: String,
        outcome: String, time: TimeBlock, detail: String, hash: SHA256Hash
    ) {
        self.sequence = sequence
        self.previousHash = previousHash
        self.type = type
        self.actor = actor
        self.subject = subject
        self.outcome = outcome
        self.time = time
        self.detail = detail
        self.hash = hash
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var sequence: UInt64?
        var previousHash: SHA256Hash?
        var type: AuditType?
        var actor: AuditActor?
        var subject: String?
        var outcome: String?
        var time: TimeBlock?
        var detail: String?
        var hash: SHA256Hash?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: sequence = try value.decodeInteger(in: CORLimits.sequences)
            case 2: previousHash = try SHA256Hash(from: &value)
            case 3: type = try AuditType(from: &value)
            case 4: actor = try AuditActor(from: &value)
            case 5: subject = try value.decodeText(length: 0...128)
            case 6: outcome = try value.decodeText(length: 1...32)
            case 7: time = try TimeBlock(from: &value)
            case 8: detail = try value.decodeText(length: 0...CORLimits.auditDetailLengthMax)
            case 9: hash = try SHA256Hash(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let sequence, let previousHash, let type, let actor, let subject, let outcome, let time, let detail,
            let hash
        else {
            throw .missingKey(of: "audit-entry", offset: messageOffset)
        }
        self.init(
            sequence: sequence, previousHash: previousHash, type: type, actor: actor, subject: subject,
            outcome: outcome, time: time, detail: detail, hash: hash)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 9)
        encodeSealedEntries(into: &encoder)
        encoder.encode(9)
        encoder.encode(hash)
    }

    /// Makes the entry that follows the one with the hash `previousHash`. Texts that are too long are cut.
    package static func sealing(
        sequence: UInt64, previousHash: SHA256Hash, type: AuditType, actor: AuditActor, subject: String,
        outcome: String, time: TimeBlock, detail: String = ""
    ) -> AuditEntry {
        let draft = AuditEntry(
            sequence: sequence, previousHash: previousHash, type: type, actor: actor,
            subject: subject.clipped(toLength: 128), outcome: outcome.clipped(toLength: 32), time: time,
            detail: detail.clipped(toLength: CORLimits.auditDetailLengthMax), hash: .zero)
        return AuditEntry(
            sequence: draft.sequence, previousHash: draft.previousHash, type: draft.type, actor: draft.actor,
            subject: draft.subject, outcome: draft.outcome, time: draft.time, detail: draft.detail,
            hash: draft.computedHash)
    }

    /// Whether this entry is whole and names `previous` as the hash of the entry before it.
    package func isSealed(after previous: SHA256Hash) -> Bool {
        previousHash == previous && hash == computedHash
    }

    /// Whether this entry is whole and follows `previous`.
    package func isSealed(after previous: AuditEntry) -> Bool {
        sequence == previous.sequence + 1 && isSealed(after: previous.hash)
    }

    private var computedHash: SHA256Hash {
        var encoder = CBOREncoder(capacity: 256)
        encoder.beginMap(count: 8)
        encodeSealedEntries(into: &encoder)
        return .of(encoder.bytes)
    }

    private func encodeSealedEntries(into encoder: inout CBOREncoder) {
        encoder.encode(1)
        encoder.encode(sequence)
        encoder.encode(2)
        encoder.encode(previousHash)
        encoder.encode(3)
        encoder.encode(type)
        encoder.encode(4)
        encoder.encode(actor)
        encoder.encode(5)
        encoder.encode(subject)
        encoder.encode(6)
        encoder.encode(outcome)
        encoder.encode(7)
        encoder.encode(time)
        encoder.encode(8)
        encoder.encode(detail)
    }
}
