package import CBORCoding

/// One sedimentation run, raw: what the device measured and how.
///
/// firmware-specs/cddl: `sedimentation-run`.
package struct SedimentationRun: CBORShape, Sendable, Hashable {
    package var cartridge: Cartridge
    package var geometry: ColumnGeometry
    package var calibrationID: String
    /// Nil when the start was not seen.
    package var start: StartEvent?
    package var samplePeriodMilliseconds: UInt32
    /// Interface position below the start, oldest first; nil: no reading at this sample.
    package var fallsMicrometres: [Int32?]
    /// In millidegrees Celsius.
    package var temperature: SampleTrace
    /// From the vertical, in millidegrees.
    package var tilt: SampleTrace
    package var end: EndReason

    package init(
        cartridge: Cartridge, geometry: ColumnGeometry, calibrationID: String, start: StartEvent?,
        samplePeriodMilliseconds: UInt32, fallsMicrometres: [Int32?], temperature: SampleTrace, tilt: SampleTrace,
        end: EndReason
    ) {
        self.cartridge = cartridge
        self.geometry = geometry
        self.calibrationID = calibrationID
        self.start = start
        self.samplePeriodMilliseconds = samplePeriodMilliseconds
        self.fallsMicrometres = fallsMicrometres
        self.temperature = temperature
        self.tilt = tilt
        self.end = end
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var cartridge: Cartridge?
        var geometry: ColumnGeometry?
        var calibrationID: String?
        var start: StartEvent??
        var samplePeriodMilliseconds: UInt32?
        var fallsMicrometres: [Int32?]?
        var temperature: SampleTrace?
        var tilt: SampleTrace?
        var end: EndReason?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: cartridge = try Cartridge(from: &value)
            case 2: geometry = try ColumnGeometry(from: &value)
            case 3: calibrationID = try value.decodeText(length: 1...64)
            case 4:
                start = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in try StartEvent(from: &decoder) })
            case 5: samplePeriodMilliseconds = try value.decodeInteger(in: 100...600_000)
            case 6:
                fallsMicrometres = try value.decodeArray(countMax: CORLimits.sampleCountMax) {
                    (decoder) throws(CBORError) in
                    try decoder.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeInteger(in: -200_000...200_000)
                    }
                }
            case 7: temperature = try SampleTrace(from: &value)
            case 8: tilt = try SampleTrace(from: &value)
            case 9: end = try EndReason(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let cartridge, let geometry, let calibrationID, let start, let samplePeriodMilliseconds,
            let fallsMicrometres, let temperature, let tilt, let end
        else {
            throw .missingKey(of: "sedimentation-run", offset: messageOffset)
        }
        self.init(
            cartridge: cartridge, geometry: geometry, calibrationID: calibrationID, start: start,
            samplePeriodMilliseconds: samplePeriodMilliseconds, fallsMicrometres: fallsMicrometres,
            temperature: temperature, tilt: tilt, end: end)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 9)
        encoder.encode(1)
        encoder.encode(cartridge)
        encoder.encode(2)
        encoder.encode(geometry)
        encoder.encode(3)
        encoder.encode(calibrationID)
        encoder.encode(4)
        encoder.encodeNullable(start) { (encoder, value) in encoder.encode(value) }
        encoder.encode(5)
        encoder.encode(UInt64(samplePeriodMilliseconds))
        encoder.encode(6)
        encoder.encode(array: fallsMicrometres) { (encoder, element) in
            encoder.encodeNullable(element) { (encoder, value) in encoder.encode(Int64(value)) }
        }
        encoder.encode(7)
        encoder.encode(temperature)
        encoder.encode(8)
        encoder.encode(tilt)
        encoder.encode(9)
        encoder.encode(end)
    }
}
