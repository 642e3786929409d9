package import CBORCoding

/// Lines of the device's log, oldest first, without personal data.
///
/// firmware-specs/cddl: `log-excerpt`.
package struct LogExcerpt: CBORShape, Sendable, Hashable {
    package var lines: [String]

    package init(lines: [String]) {
        self.lines = lines
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var lines: [String]?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1:
                lines = try value.decodeArray(countMax: 256) { (decoder) throws(CBORError) in
                    try decoder.decodeText(length: 0...256)
                }
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let lines else {
            throw .missingKey(of: "log-excerpt", offset: messageOffset)
        }
        self.init(lines: lines)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode(1)
        encoder.encode(array: lines) { (encoder, element) in encoder.encode(element) }
    }
}
