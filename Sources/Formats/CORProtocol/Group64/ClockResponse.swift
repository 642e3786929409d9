package import CBORCoding

/// The device's clocks; after a write, as they were before it.
///
/// firmware-specs/cddl: `clock-response`.
package struct ClockResponse: CBORShape, Sendable, Hashable {
    /// Unix time, nil while it was never set.
    package var wallMilliseconds: Int64?
    /// Since boot.
    package var uptimeMilliseconds: UInt64

    package init(wallMilliseconds: Int64?, uptimeMilliseconds: UInt64) {
        self.wallMilliseconds = wallMilliseconds
        self.uptimeMilliseconds = uptimeMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var wallMilliseconds: Int64??
        var uptimeMilliseconds: UInt64?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "ms":
                wallMilliseconds = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeInteger(in: CORLimits.unixMilliseconds)
                    })
            case "up": uptimeMilliseconds = try value.decodeInteger(in: CORLimits.counters)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let wallMilliseconds, let uptimeMilliseconds else {
            throw .missingKey(of: "clock-response", offset: messageOffset)
        }
        self.init(wallMilliseconds: wallMilliseconds, uptimeMilliseconds: uptimeMilliseconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode("ms")
        encoder.encodeNullable(wallMilliseconds) { (encoder, value) in encoder.encode(value) }
        encoder.encode("up")
        encoder.encode(uptimeMilliseconds)
    }
}
