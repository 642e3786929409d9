package import CBORCoding

/// A part of a record.
///
/// firmware-specs/cddl: `record-read-response`.
package struct RecordReadResponse: CBORShape, Sendable, Hashable {
    /// As asked.
    package var offset: Int
    /// Empty only at the end.
    package var data: [UInt8]
    /// In bytes, of the whole record.
    package var recordLength: Int

    package init(offset: Int, data: [UInt8], recordLength: Int) {
        self.offset = offset
        self.data = data
        self.recordLength = recordLength
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var offset: Int?
        var data: [UInt8]?
        var recordLength: Int?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "off": offset = try value.decodeInteger(in: 0...CORLimits.recordLengthMax)
            case "data": data = try value.decodeBytes(length: 0...CORLimits.messageLengthMax)
            case "len": recordLength = try value.decodeInteger(in: 0...CORLimits.recordLengthMax)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let offset, let data, let recordLength else {
            throw .missingKey(of: "record-read-response", offset: messageOffset)
        }
        self.init(offset: offset, data: data, recordLength: recordLength)
        guard offset + data.count <= recordLength else {
            throw .unexpectedValue(expected: "data within the record", offset: messageOffset)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 3)
        encoder.encode("len")
        encoder.encode(recordLength)
        encoder.encode("off")
        encoder.encode(offset)
        encoder.encode("data")
        encoder.encode(bytes: data)
    }
}
