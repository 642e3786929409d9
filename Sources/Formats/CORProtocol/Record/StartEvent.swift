package import CBORCoding

/// The moment of sample 0.
///
/// firmware-specs/cddl: `start-event`.
package struct StartEvent: CBORShape, Sendable, Hashable {
    package var time: DeviceTime
    package var uncertaintyMilliseconds: UInt32

    package init(time: DeviceTime, uncertaintyMilliseconds: UInt32) {
        self.time = time
        self.uncertaintyMilliseconds = uncertaintyMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var time: DeviceTime?
        var uncertaintyMilliseconds: UInt32?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: time = try DeviceTime(from: &value)
            case 2: uncertaintyMilliseconds = try value.decodeInteger(in: 0...3_600_000)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let time, let uncertaintyMilliseconds else {
            throw .missingKey(of: "start-event", offset: messageOffset)
        }
        self.init(time: time, uncertaintyMilliseconds: uncertaintyMilliseconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        encoder.encode(time)
        encoder.encode(2)
        encoder.encode(UInt64(uncertaintyMilliseconds))
    }
}
