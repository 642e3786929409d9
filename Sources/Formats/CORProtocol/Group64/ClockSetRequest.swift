package import CBORCoding

/// Sets the device's wall clock.
///
/// firmware-specs/cddl: `clock-set-request`.
package struct ClockSetRequest: CBORShape, Sendable, Hashable {
    /// Unix time.
    package var wallMilliseconds: Int64

    package init(wallMilliseconds: Int64) {
        self.wallMilliseconds = wallMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var wallMilliseconds: Int64?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "ms": wallMilliseconds = try value.decodeInteger(in: CORLimits.unixMilliseconds)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let wallMilliseconds else {
            throw .missingKey(of: "clock-set-request", offset: messageOffset)
        }
        self.init(wallMilliseconds: wallMilliseconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("ms")
        encoder.encode(wallMilliseconds)
    }
}
