package import CBORCoding

/// What a hub sends upstream: items in six sections, chained to the batch before.
///
/// A sequence of 1 and a zero previous hash belong together: the first batch of an epoch. The Merkle root is computed
/// when encoding and checked when decoding, and so is the chain of the audit entries within the batch.
///
/// firmware-specs/cddl: `batch`.
package struct Batch: CBORShape, Sendable, Hashable {
    package var hubID: HubID
    package var epoch: Epoch
    /// One more a batch within the epoch, from 1.
    package var sequence: UInt64
    /// Of the batch before, as `SignedBatch.hash`; zeros in the first of an epoch.
    package var previousHash: SHA256Hash
    package var records: [RecordItem]
    package var gaps: [Gap]
    package var results: [AnalysisResult]
    package var firmwareEvents: [FirmwareEvent]
    package var deviceEvents: [DeviceEvent]
    package var audit: [AuditEntry]
    package var software: SoftwareIdentity
    /// When the batch was cut.
    package var cut: TimeBlock
    package var keyProtection: KeyProtection

    package init(
        hubID: HubID, epoch: Epoch, sequence: UInt64, previousHash: SHA256Hash, records: [RecordItem], gaps: [Gap],
        results: [AnalysisResult], firmwareEvents: [FirmwareEvent], deviceEvents: [DeviceEvent], audit: [AuditEntry],
        software: SoftwareIdentity, cut: TimeBlock, keyProtection: KeyProtection
    ) {
        self.hubID = hubID
        self.epoch = epoch
        self.sequence = sequence
        self.previousHash = previousHash
        self.records = records
        self.gaps = gaps
        self.results = results
        self.firmwareEvents = firmwareEvents
        self.deviceEvents = deviceEvents
        self.audit = audit
        self.software = software
        self.cut = cut
        self.keyProtection = keyProtection
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var isVersionRead = false
        var hubID: HubID?
        var epoch: Epoch?
        var sequence: UInt64?
        var previousHash: SHA256Hash?
        var records: [RecordItem]?
        var gaps: [Gap]?
        var results: [AnalysisResult]?
        var firmwareEvents: [FirmwareEvent]?
        var deviceEvents: [DeviceEvent]?
        var audit: [AuditEntry]?
        var merkle: MerkleRoot?
        var software: SoftwareIdentity?
        var cut: TimeBlock?
        var keyProtection: KeyProtection?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: isVersionRead = try value.decodeInteger(in: 1...1) == 1
            case 2: hubID = try HubID(from: &value)
            case 3: epoch = try Epoch(from: &value)
            case 4: sequence = try value.decodeInteger(in: CORLimits.sequences)
            case 5: previousHash = try SHA256Hash(from: &value)
            case 6:
                records = try value.decodeArray(countMax: CORLimits.batchItemCountMax) { (decoder) throws(CBORError) in
                    try RecordItem(from: &decoder)
                }
            case 7:
                gaps = try value.decodeArray(countMax: CORLimits.batchItemCountMax) { (decoder) throws(CBORError) in
                    try Gap(from: &decoder)
                }
            case 8:
                results = try value.decodeArray(countMax: CORLimits.batchItemCountMax) { (decoder) throws(CBORError) in
                    try AnalysisResult(from: &decoder)
                }
            case 9:
                firmwareEvents = try value.decodeArray(countMax: CORLimits.batchItemCountMax) {
                    (decoder) throws(CBORError) in
                    try FirmwareEvent(from: &decoder)
                }
            case 10:
                deviceEvents = try value.decodeArray(countMax: CORLimits.batchItemCountMax) {
                    (decoder) throws(CBORError) in
                    try DeviceEvent(from: &decoder)
                }
            case 11:
                audit = try value.decodeArray(countMax: CORLimits.batchItemCountMax) { (decoder) throws(CBORError) in
                    try AuditEntry(from: &decoder)
                }
            case 12: merkle = try MerkleRoot(from: &value)
            case 13: software = try SoftwareIdentity(from: &value)
            case 14: cut = try TimeBlock(from: &value)
            case 15: keyProtection = try KeyProtection(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard isVersionRead, let hubID, let epoch, let sequence, let previousHash, let records, let gaps,
            let results, let firmwareEvents, let deviceEvents, let audit, let merkle, let software, let cut,
            let keyProtection
        else {
            throw .missingKey(of: "batch", offset: messageOffset)
        }
        self.init(
            hubID: hubID, epoch: epoch, sequence: sequence, previousHash: previousHash, records: records, gaps: gaps,
            results: results, firmwareEvents: firmwareEvents, deviceEvents: deviceEvents, audit: audit,
            software: software, cut: cut, keyProtection: keyProtection)
        guard (sequence == 1) == (previousHash == .zero) else {
            throw .unexpectedValue(expected: "a previous hash, zero in the first batch only", offset: messageOffset)
        }
        guard merkle == merkleRoot else {
            throw .unexpectedValue(expected: "the Merkle root of the items", offset: messageOffset)
        }
        guard zip(audit, audit.dropFirst()).allSatisfy({ $1.isSealed(after: $0) }),
            audit.first.map({ $0.isSealed(after: $0.previousHash) }) ?? true
        else {
            throw .unexpectedValue(expected: "a chain of audit entries", offset: messageOffset)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 15)
        encoder.encode(1)
        encoder.encode(1)
        encoder.encode(2)
        encoder.encode(hubID)
        encoder.encode(3)
        encoder.encode(epoch)
        encoder.encode(4)
        encoder.encode(sequence)
        encoder.encode(5)
        encoder.encode(previousHash)
        encoder.encode(6)
        encoder.encode(array: records)
        encoder.encode(7)
        encoder.encode(array: gaps)
        encoder.encode(8)
        encoder.encode(array: results)
        encoder.encode(9)
        encoder.encode(array: firmwareEvents)
        encoder.encode(10)
        encoder.encode(array: deviceEvents)
        encoder.encode(11)
        encoder.encode(array: audit)
        encoder.encode(12)
        encoder.encode(merkleRoot)
        encoder.encode(13)
        encoder.encode(software)
        encoder.encode(14)
        encoder.encode(cut)
        encoder.encode(15)
        encoder.encode(keyProtection)
    }
}
