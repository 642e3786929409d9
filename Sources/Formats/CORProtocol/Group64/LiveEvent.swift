package import CBORCoding

/// One sample of the running measurement. A hint, unsigned: the record is the truth.
///
/// firmware-specs/cddl: `live-event`.
package struct LiveEvent: CBORShape, Sendable, Hashable {
    /// The cartridge id of the running measurement.
    package var run: String
    /// Of the sample.
    package var index: Int
    /// Nil: no reading.
    package var fallMicrometres: Int32?
    /// Celsius.
    package var temperatureMillidegrees: Int32
    package var tiltMillidegrees: Int32
    package var samplePeriodMilliseconds: UInt32

    package init(
        run: String, index: Int, fallMicrometres: Int32?, temperatureMillidegrees: Int32, tiltMillidegrees: Int32,
        samplePeriodMilliseconds: UInt32
    ) {
        self.run = run
        self.index = index
        self.fallMicrometres = fallMicrometres
        self.temperatureMillidegrees = temperatureMillidegrees
        self.tiltMillidegrees = tiltMillidegrees
        self.samplePeriodMilliseconds = samplePeriodMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var run: String?
        var index: Int?
        var fallMicrometres: Int32??
        var temperatureMillidegrees: Int32?
        var tiltMillidegrees: Int32?
        var samplePeriodMilliseconds: UInt32?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "run": run = try value.decodeText(length: 1...64)
            case "i": index = try value.decodeInteger(in: 0...CORLimits.sampleCountMax)
            case "z":
                fallMicrometres = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeInteger(in: -200_000...200_000)
                    })
            case "t": temperatureMillidegrees = try value.decodeInteger(in: -1_000_000...1_000_000)
            case "tilt": tiltMillidegrees = try value.decodeInteger(in: -1_000_000...1_000_000)
            case "period": samplePeriodMilliseconds = try value.decodeInteger(in: 100...600_000)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let run, let index, let fallMicrometres, let temperatureMillidegrees, let tiltMillidegrees,
            let samplePeriodMilliseconds
        else {
            throw .missingKey(of: "live-event", offset: messageOffset)
        }
        self.init(
            run: run, index: index, fallMicrometres: fallMicrometres,
            temperatureMillidegrees: temperatureMillidegrees, tiltMillidegrees: tiltMillidegrees,
            samplePeriodMilliseconds: samplePeriodMilliseconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 6)
        encoder.encode("i")
        encoder.encode(index)
        encoder.encode("t")
        encoder.encode(Int64(temperatureMillidegrees))
        encoder.encode("z")
        encoder.encodeNullable(fallMicrometres) { (encoder, value) in encoder.encode(Int64(value)) }
        encoder.encode("run")
        encoder.encode(run)
        encoder.encode("tilt")
        encoder.encode(Int64(tiltMillidegrees))
        encoder.encode("period")
        encoder.encode(UInt64(samplePeriodMilliseconds))
    }
}
