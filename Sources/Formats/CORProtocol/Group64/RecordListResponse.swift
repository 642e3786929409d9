package import CBORCoding

/// A part of the device's list of records.
///
/// firmware-specs/cddl: `record-list-response`.
package struct RecordListResponse: CBORShape, Sendable, Hashable {
    /// In ascending sequence, if the device keeps to it; whoever reads a list leaves out what does not ascend.
    package var records: [RecordEntry]
    package var hasMore: Bool

    package init(records: [RecordEntry], hasMore: Bool) {
        self.records = records
        self.hasMore = hasMore
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var records: [RecordEntry]?
        var hasMore: Bool?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "records":
                records = try value.decodeArray(countMax: CORLimits.recordListCountMax) { (decoder) throws(CBORError) in
                    try RecordEntry(from: &decoder)
                }
            case "more": hasMore = try value.decodeBool()
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let records, let hasMore else {
            throw .missingKey(of: "record-list-response", offset: messageOffset)
        }
        self.init(records: records, hasMore: hasMore)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode("more")
        encoder.encode(hasMore)
        encoder.encode("records")
        encoder.encode(array: records)
    }
}
