package import CBORCoding

/// What COR One signs: one record with its place in the life of the device.
///
/// firmware-specs/cddl: `record-payload`.
package struct RecordPayload: CBORShape, Sendable, Hashable {
    package var serial: DeviceSerial
    /// The boot counter when the record was closed.
    package var bootCounter: UInt32
    /// One more a record, over the life of the device, never reused.
    package var sequence: UInt64
    /// When the record was closed.
    package var closed: DeviceTime
    package var body: RecordBody

    package var kind: RecordKind {
        body.kind
    }

    package init(
        serial: DeviceSerial, bootCounter: UInt32, sequence: UInt64, closed: DeviceTime,
        body: RecordBody
    ) {
        self.serial = serial
        self.bootCounter = bootCounter
        self.sequence = sequence
        self.closed = closed
        self.body = body
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var isVersionRead = false
        var serial: DeviceSerial?
        var bootCounter: UInt32?
        var sequence: UInt64?
        var kind: RecordKind?
        var closed: DeviceTime?
        var body: RecordBody?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: isVersionRead = try value.decodeInteger(in: 1...1) == 1
            case 2: serial = try DeviceSerial(from: &value)
            case 3: bootCounter = try value.decodeInteger(in: 0...UInt32.max)
            case 4: sequence = try value.decodeInteger(in: CORLimits.sequences)
            case 5: kind = try RecordKind(from: &value)
            case 6: closed = try DeviceTime(from: &value)
            case 7:
                // Keys ascend, so the kind has been read.
                guard let kind else { throw .missingKey(of: "record-payload", offset: messageOffset) }
                body = try RecordBody(kind, from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard isVersionRead, let serial, let bootCounter, let sequence, let closed, let body else {
            throw .missingKey(of: "record-payload", offset: messageOffset)
        }
        self.init(serial: serial, bootCounter: bootCounter, sequence: sequence, closed: closed, body: body)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 7)
        encoder.encode(1)
        encoder.encode(1)
        encoder.encode(2)
        encoder.encode(serial)
        encoder.encode(3)
        encoder.encode(UInt64(bootCounter))
        encoder.encode(4)
        encoder.encode(sequence)
        encoder.encode(5)
        encoder.encode(kind)
        encoder.encode(6)
        encoder.encode(closed)
        encoder.encode(7)
        body.encode(into: &encoder)
    }
}
