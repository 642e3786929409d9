package import CBORCoding

/// What a device's slots hold, and what its boot loader demands of an image; the device signs it (`AttestationPayload`).
///
/// firmware-specs/cddl: `device-state`.
package struct DeviceState: CBORShape, Sendable, Hashable {
    package var running: SlotImage
    /// In the other slot.
    package var spare: SlotImage?
    /// No image with a lower one is started.
    package var securityCounter: UInt32
    /// Bytes of the largest image file that the other slot takes.
    package var imageLengthMax: UInt32
    /// Milliseconds since the device's boot.
    package var uptimeMilliseconds: UInt64
    /// The last that the boot loader refused or took back, where the device knows it.
    package var undone: UndoneImage?

    package init(
        running: SlotImage, spare: SlotImage?, securityCounter: UInt32, imageLengthMax: UInt32,
        uptimeMilliseconds: UInt64, undone: UndoneImage? = nil
    ) {
        self.running = running
        self.spare = spare
        self.securityCounter = securityCounter
        self.imageLengthMax = imageLengthMax
        self.uptimeMilliseconds = uptimeMilliseconds
        self.undone = undone
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var running: SlotImage?
        var spare: SlotImage??
        var securityCounter: UInt32?
        var imageLengthMax: UInt32?
        var uptime: UInt64?
        var undone: UndoneImage??
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: running = try SlotImage(from: &value)
            case 2:
                spare = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in try SlotImage(from: &decoder) })
            case 3: securityCounter = try value.decodeInteger(in: 0...UInt32.max)
            case 4: imageLengthMax = try value.decodeInteger(in: 0...UInt32.max)
            case 5: uptime = try value.decodeInteger(in: CORLimits.counters)
            case 6:
                undone = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in try UndoneImage(from: &decoder) })
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let running, let spare, let securityCounter, let imageLengthMax, let uptime, let undone else {
            throw .missingKey(of: "device-state", offset: messageOffset)
        }
        self.init(
            running: running, spare: spare, securityCounter: securityCounter, imageLengthMax: imageLengthMax,
            uptimeMilliseconds: uptime, undone: undone)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 6)
        encoder.encode(1)
        encoder.encode(running)
        encoder.encode(2)
        if let spare { encoder.encode(spare) } else { encoder.encodeNull() }
        encoder.encode(3)
        encoder.encode(UInt64(securityCounter))
        encoder.encode(4)
        encoder.encode(UInt64(imageLengthMax))
        encoder.encode(5)
        encoder.encode(uptimeMilliseconds)
        encoder.encode(6)
        if let undone { encoder.encode(undone) } else { encoder.encodeNull() }
    }
}
