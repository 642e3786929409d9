package import CBORCoding

/// All devices that must not be used.
///
/// firmware-specs/cddl: `recalls`.
package struct RecallList: CBORShape, Sendable, Hashable {
    /// Counts up with each change, so that an older list is not taken for news.
    package var number: UInt64
    package var signedMilliseconds: Int64
    /// Ascending by serial number, each once.
    package var recalls: [DeviceRecall]

    package init(number: UInt64, signedMilliseconds: Int64, recalls: [DeviceRecall]) {
        self.number = number
        self.signedMilliseconds = signedMilliseconds
        self.recalls = recalls
    }

    /// Nil for a device that may be used.
    package subscript(serial: DeviceSerial) -> DeviceRecall? {
        recalls.first { $0.serial == serial }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var version: UInt32?
        var number: UInt64?
        var signedMilliseconds: Int64?
        var recalls: [DeviceRecall]?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: version = try value.decodeInteger(in: 1...1)
            case 2: number = try value.decodeInteger(in: CORLimits.sequences)
            case 3: signedMilliseconds = try value.decodeInteger(in: CORLimits.unixMilliseconds)
            case 4: recalls = try Self.recalls(&value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard version != nil, let number, let signedMilliseconds, let recalls else {
            throw .missingKey(of: "recalls", offset: messageOffset)
        }
        self.init(number: number, signedMilliseconds: signedMilliseconds, recalls: recalls)
    }

    private static func recalls(_ decoder: inout CBORDecoder) throws(CBORError) -> [DeviceRecall] {
        var last: String?
        return try decoder.decodeArray(countMax: CORLimits.recallCountMax) { (decoder) throws(CBORError) in
            let offset = decoder.offset
            let recall = try DeviceRecall(from: &decoder)
            if let last, last >= recall.serial.text {
                throw .unexpectedValue(expected: "serial numbers that ascend", offset: offset)
            }
            last = recall.serial.text
            return recall
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 4)
        encoder.encode(1)
        encoder.encode(1)
        encoder.encode(2)
        encoder.encode(number)
        encoder.encode(3)
        encoder.encode(signedMilliseconds)
        encoder.encode(4)
        encoder.encode(array: recalls)
    }
}
