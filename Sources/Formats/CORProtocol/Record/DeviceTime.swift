package import CBORCoding

/// A moment as the device knows it.
///
/// firmware-specs/cddl: `device-time`.
package struct DeviceTime: CBORShape, Sendable, Hashable {
    /// Since the boot of the device.
    package var uptimeMilliseconds: UInt64
    /// The device's wall clock, nil while it was never set.
    package var wallMilliseconds: Int64?

    package init(uptimeMilliseconds: UInt64, wallMilliseconds: Int64?) {
        self.uptimeMilliseconds = uptimeMilliseconds
        self.wallMilliseconds = wallMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var uptimeMilliseconds: UInt64?
        var wallMilliseconds: Int64??
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: uptimeMilliseconds = try value.decodeInteger(in: CORLimits.counters)
            case 2:
                wallMilliseconds = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeInteger(in: CORLimits.unixMilliseconds)
                    })
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let uptimeMilliseconds, let wallMilliseconds else {
            throw .missingKey(of: "device-time", offset: messageOffset)
        }
        self.init(uptimeMilliseconds: uptimeMilliseconds, wallMilliseconds: wallMilliseconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        encoder.encode(uptimeMilliseconds)
        encoder.encode(2)
        encoder.encodeNullable(wallMilliseconds) { (encoder, value) in encoder.encode(value) }
    }
}
