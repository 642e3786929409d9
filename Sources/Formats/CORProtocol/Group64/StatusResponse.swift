package import CBORCoding

/// The state of the device.
///
/// firmware-specs/cddl: `status-response`.
package struct StatusResponse: CBORShape, Sendable, Hashable {
    package var batteryPercent: UInt8
    package var hasExternalPower: Bool
    /// Celsius.
    package var temperatureMillidegrees: Int32
    /// A measurement is running.
    package var isRunning: Bool
    /// The id of the inserted cartridge.
    package var cartridge: String?
    package var faults: [String]
    /// Records that are not acknowledged.
    package var pendingCount: UInt64
    /// 0: none.
    package var newestSequence: UInt64

    package init(
        batteryPercent: UInt8, hasExternalPower: Bool, temperatureMillidegrees: Int32, isRunning: Bool,
        cartridge: String?, faults: [String], pendingCount: UInt64, newestSequence: UInt64
    ) {
        self.batteryPercent = batteryPercent
        self.hasExternalPower = hasExternalPower
        self.temperatureMillidegrees = temperatureMillidegrees
        self.isRunning = isRunning
        self.cartridge = cartridge
        self.faults = faults
        self.pendingCount = pendingCount
        self.newestSequence = newestSequence
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var batteryPercent: UInt8?
        var hasExternalPower: Bool?
        var temperatureMillidegrees: Int32?
        var isRunning: Bool?
        var cartridge: String??
        var faults: [String]?
        var pendingCount: UInt64?
        var newestSequence: UInt64?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "bat": batteryPercent = try value.decodeInteger(in: 0...100)
            case "ext": hasExternalPower = try value.decodeBool()
            case "temp": temperatureMillidegrees = try value.decodeInteger(in: -1_000_000...1_000_000)
            case "run": isRunning = try value.decodeBool()
            case "cart":
                cartridge = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeText(length: 1...64)
                    })
            case "faults":
                faults = try value.decodeArray(countMax: 32) { (decoder) throws(CBORError) in
                    try decoder.decodeText(length: 1...64)
                }
            case "pending": pendingCount = try value.decodeInteger(in: CORLimits.counters)
            case "last": newestSequence = try value.decodeInteger(in: CORLimits.counters)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let batteryPercent, let hasExternalPower, let temperatureMillidegrees, let isRunning, let cartridge,
            let faults, let pendingCount, let newestSequence
        else {
            throw .missingKey(of: "status-response", offset: messageOffset)
        }
        self.init(
            batteryPercent: batteryPercent, hasExternalPower: hasExternalPower,
            temperatureMillidegrees: temperatureMillidegrees, isRunning: isRunning, cartridge: cartridge,
            faults: faults, pendingCount: pendingCount, newestSequence: newestSequence)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 8)
        encoder.encode("bat")
        encoder.encode(UInt64(batteryPercent))
        encoder.encode("ext")
        encoder.encode(hasExternalPower)
        encoder.encode("run")
        encoder.encode(isRunning)
        encoder.encode("cart")
        encoder.encodeNullable(cartridge) { (encoder, value) in encoder.encode(value) }
        encoder.encode("last")
        encoder.encode(newestSequence)
        encoder.encode("temp")
        encoder.encode(Int64(temperatureMillidegrees))
        encoder.encode("faults")
        encoder.encode(array: faults) { (encoder, element) in encoder.encode(element) }
        encoder.encode("pending")
        encoder.encode(pendingCount)
    }
}
