package import CBORCoding

/// Device sequences that are not in the history, and why.
///
/// firmware-specs/cddl: `gap`.
package struct Gap: CBORShape, Sendable, Hashable {
    package var serial: DeviceSerial
    package var first: UInt64
    /// Not below `first`.
    package var last: UInt64
    package var reason: GapReason
    package var noticed: TimeBlock
    /// At most 256 bytes; longer text is cut.
    package let detail: String

    package init(
        serial: DeviceSerial, first: UInt64, last: UInt64, reason: GapReason, noticed: TimeBlock, detail: String
    ) {
        self.serial = serial
        self.first = first
        self.last = last
        self.reason = reason
        self.noticed = noticed
        self.detail = detail.clipped(toLength: 256)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var serial: DeviceSerial?
        var first: UInt64?
        var last: UInt64?
        var reason: GapReason?
        var noticed: TimeBlock?
        var detail: String?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: serial = try DeviceSerial(from: &value)
            case 2: first = try value.decodeInteger(in: CORLimits.sequences)
            case 3: last = try value.decodeInteger(in: CORLimits.sequences)
            case 4: reason = try GapReason(from: &value)
            case 5: noticed = try TimeBlock(from: &value)
            case 6: detail = try value.decodeText(length: 0...256)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let serial, let first, let last, let reason, let noticed, let detail else {
            throw .missingKey(of: "gap", offset: messageOffset)
        }
        self.init(serial: serial, first: first, last: last, reason: reason, noticed: noticed, detail: detail)
        guard first <= last else {
            throw .unexpectedValue(expected: "a first sequence not above the last", offset: messageOffset)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 6)
        encoder.encode(1)
        encoder.encode(serial)
        encoder.encode(2)
        encoder.encode(first)
        encoder.encode(3)
        encoder.encode(last)
        encoder.encode(4)
        encoder.encode(reason)
        encoder.encode(5)
        encoder.encode(noticed)
        encoder.encode(6)
        encoder.encode(detail)
    }
}
