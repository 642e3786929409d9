package import CBORCoding

/// A step in a device's firmware update.
///
/// firmware-specs/cddl: `firmware-event`.
package struct FirmwareEvent: CBORShape, Sendable, Hashable {
    package var serial: DeviceSerial
    package var type: String
    package var time: TimeBlock
    /// At most 256 bytes; longer text is cut.
    package let detail: String
    /// The device's state report, as it came.
    package var evidence: DeviceEvidence?

    package init(
        serial: DeviceSerial, type: String, time: TimeBlock, detail: String, evidence: DeviceEvidence? = nil
    ) {
        self.serial = serial
        self.type = type
        self.time = time
        self.detail = detail.clipped(toLength: 256)
        self.evidence = evidence
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var serial: DeviceSerial?
        var type: String?
        var time: TimeBlock?
        var detail: String?
        var evidence: DeviceEvidence?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: serial = try DeviceSerial(from: &value)
            case 2: type = try value.decodeText(length: 1...64)
            case 3: time = try TimeBlock(from: &value)
            case 4: detail = try value.decodeText(length: 0...256)
            case 5: evidence = try DeviceEvidence(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let serial, let type, let time, let detail else {
            throw .missingKey(of: "firmware-event", offset: messageOffset)
        }
        self.init(serial: serial, type: type, time: time, detail: detail, evidence: evidence)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: evidence == nil ? 4 : 5)
        encoder.encode(1)
        encoder.encode(serial)
        encoder.encode(2)
        encoder.encode(type)
        encoder.encode(3)
        encoder.encode(time)
        encoder.encode(4)
        encoder.encode(detail)
        if let evidence {
            encoder.encode(5)
            encoder.encode(evidence)
        }
    }
}
