package import CBORCoding

/// The upstream's answer to one batch. Only a verified receipt lets the hub prune.
///
/// firmware-specs/cddl: `receipt`.
package struct Receipt: CBORShape, Sendable, Hashable {
    package var hubID: HubID
    package var epoch: Epoch
    package var sequence: UInt64
    package var batchHash: SHA256Hash
    /// SHA-256 of the receipt key's SubjectPublicKeyInfo.
    package var logID: SHA256Hash
    /// An RFC 9942 receipt of inclusion; nil when the batch was rejected.
    package var inclusion: [UInt8]?
    /// The upstream's clock, Unix time.
    package var upstreamMilliseconds: Int64
    package var status: ReceiptStatus
    /// Why, when rejected.
    package var reason: String?
    /// The next sequence that the upstream expects of this epoch.
    package var nextSequence: UInt64

    package init(
        hubID: HubID, epoch: Epoch, sequence: UInt64, batchHash: SHA256Hash, logID: SHA256Hash, inclusion: [UInt8]?,
        upstreamMilliseconds: Int64, status: ReceiptStatus, reason: String?, nextSequence: UInt64
    ) {
        self.hubID = hubID
        self.epoch = epoch
        self.sequence = sequence
        self.batchHash = batchHash
        self.logID = logID
        self.inclusion = inclusion
        self.upstreamMilliseconds = upstreamMilliseconds
        self.status = status
        self.reason = reason
        self.nextSequence = nextSequence
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var isVersionRead = false
        var hubID: HubID?
        var epoch: Epoch?
        var sequence: UInt64?
        var batchHash: SHA256Hash?
        var logID: SHA256Hash?
        var inclusion: [UInt8]??
        var upstreamMilliseconds: Int64?
        var status: ReceiptStatus?
        var reason: String??
        var nextSequence: UInt64?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: isVersionRead = try value.decodeInteger(in: 1...1) == 1
            case 2: hubID = try HubID(from: &value)
            case 3: epoch = try Epoch(from: &value)
            case 4: sequence = try value.decodeInteger(in: CORLimits.sequences)
            case 5: batchHash = try SHA256Hash(from: &value)
            case 6: logID = try SHA256Hash(from: &value)
            case 7:
                inclusion = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeBytes(length: 1...8192)
                    })
            case 8: upstreamMilliseconds = try value.decodeInteger(in: CORLimits.unixMilliseconds)
            case 9: status = try ReceiptStatus(from: &value)
            case 10:
                reason = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeText(length: 0...256)
                    })
            case 11: nextSequence = try value.decodeInteger(in: CORLimits.sequences)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard isVersionRead, let hubID, let epoch, let sequence, let batchHash, let logID, let inclusion,
            let upstreamMilliseconds, let status, let reason, let nextSequence
        else {
            throw .missingKey(of: "receipt", offset: messageOffset)
        }
        self.init(
            hubID: hubID, epoch: epoch, sequence: sequence, batchHash: batchHash, logID: logID, inclusion: inclusion,
            upstreamMilliseconds: upstreamMilliseconds, status: status, reason: reason, nextSequence: nextSequence)
        guard (inclusion == nil) == (status == .rejected), reason != nil || status != .rejected else {
            throw .unexpectedValue(expected: "inclusion if accepted, a reason if rejected", offset: messageOffset)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 11)
        encoder.encode(1)
        encoder.encode(1)
        encoder.encode(2)
        encoder.encode(hubID)
        encoder.encode(3)
        encoder.encode(epoch)
        encoder.encode(4)
        encoder.encode(sequence)
        encoder.encode(5)
        encoder.encode(batchHash)
        encoder.encode(6)
        encoder.encode(logID)
        encoder.encode(7)
        encoder.encodeNullable(inclusion) { (encoder, value) in encoder.encode(bytes: value) }
        encoder.encode(8)
        encoder.encode(upstreamMilliseconds)
        encoder.encode(9)
        encoder.encode(status)
        encoder.encode(10)
        encoder.encodeNullable(reason) { (encoder, value) in encoder.encode(value) }
        encoder.encode(11)
        encoder.encode(nextSequence)
    }
}
