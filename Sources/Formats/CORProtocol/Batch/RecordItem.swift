package import CBORCoding

/// A record as the hub received it, with what the hub knows about its way.
///
/// firmware-specs/cddl: `record-item`.
package struct RecordItem: CBORShape, Sendable, Hashable {
    package var recordID: SHA256Hash
    package var serial: DeviceSerial
    /// The device's.
    package var sequence: UInt64
    /// The device's bytes as received.
    package var bytes: [UInt8]
    package var received: TimeBlock
    package var link: LinkKind
    package var trust: DeviceTrustLevel
    /// Nil: assigned to nobody yet.
    package var subject: SubjectID?
    /// It was closed long before it was received.
    package var backfilled: Bool
    /// Device clock minus hub clock, before the hub set it.
    package var clockOffsetMilliseconds: Int64?

    package init(
        recordID: SHA256Hash, serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], received: TimeBlock,
        link: LinkKind, trust: DeviceTrustLevel, subject: SubjectID?, backfilled: Bool,
        clockOffsetMilliseconds: Int64?
    ) {
        self.recordID = recordID
        self.serial = serial
        self.sequence = sequence
        self.bytes = bytes
        self.received = received
        self.link = link
        self.trust = trust
        self.subject = subject
        self.backfilled = backfilled
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var recordID: SHA256Hash?
        var serial: DeviceSerial?
        var sequence: UInt64?
        var bytes: [UInt8]?
        var received: TimeBlock?
        var link: LinkKind?
        var trust: DeviceTrustLevel?
        var subject: SubjectID??
        var backfilled: Bool?
        var clockOffsetMilliseconds: Int64??
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: recordID = try SHA256Hash(from: &value)
            case 2: serial = try DeviceSerial(from: &value)
            case 3: sequence = try value.decodeInteger(in: CORLimits.sequences)
            case 4: bytes = try value.decodeBytes(length: 1...CORLimits.recordLengthMax)
            case 5: received = try TimeBlock(from: &value)
            case 6: link = try LinkKind(from: &value)
            case 7: trust = try DeviceTrustLevel(from: &value)
            case 8:
                subject = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in try SubjectID(from: &decoder) })
            case 9: backfilled = try value.decodeBool()
            case 10:
                clockOffsetMilliseconds = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeInteger(in: Int64.min...Int64.max)
                    })
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let recordID, let serial, let sequence, let bytes, let received, let link, let trust, let subject,
            let backfilled, let clockOffsetMilliseconds
        else {
            throw .missingKey(of: "record-item", offset: messageOffset)
        }
        self.init(
            recordID: recordID, serial: serial, sequence: sequence, bytes: bytes, received: received, link: link,
            trust: trust, subject: subject, backfilled: backfilled, clockOffsetMilliseconds: clockOffsetMilliseconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 10)
        encoder.encode(1)
        encoder.encode(recordID)
        encoder.encode(2)
        encoder.encode(serial)
        encoder.encode(3)
        encoder.encode(sequence)
        encoder.encode(4)
        encoder.encode(bytes: bytes)
        encoder.encode(5)
        encoder.encode(received)
        encoder.encode(6)
        encoder.encode(link)
        encoder.encode(7)
        encoder.encode(trust)
        encoder.encode(8)
        encoder.encodeNullable(subject) { (encoder, value) in encoder.encode(value) }
        encoder.encode(9)
        encoder.encode(backfilled)
        encoder.encode(10)
        encoder.encodeNullable(clockOffsetMilliseconds) { (encoder, value) in encoder.encode(value) }
    }
}
