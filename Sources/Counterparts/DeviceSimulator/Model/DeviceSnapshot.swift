package import CBORCoding
package import CORProtocol

/// What the device remembers over a restart, apart from its records.
package struct DeviceSnapshot: Sendable, Hashable {
    package var bootCounter: UInt32
    package var owner: HubID?
    package var newestSequence: UInt64
    package var acknowledgedSequence: UInt64
    /// Runs started over the life of the device: cartridge ids come from it.
    package var runCount: UInt64
    /// Nil in what was kept before the slots were.
    package var images: ImageMemory?

    package init(
        bootCounter: UInt32 = 0, owner: HubID? = nil, newestSequence: UInt64 = 0, acknowledgedSequence: UInt64 = 0,
        runCount: UInt64 = 0, images: ImageMemory? = nil
    ) {
        self.bootCounter = bootCounter
        self.owner = owner
        self.newestSequence = newestSequence
        self.acknowledgedSequence = acknowledgedSequence
        self.runCount = runCount
        self.images = images
    }
}

extension DeviceSnapshot: CBORShape {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: images == nil ? 5 : images?.undone == nil ? 6 : 7)
        encoder.encode(1)
        encoder.encode(UInt64(bootCounter))
        encoder.encode(2)
        if let owner { encoder.encode(owner) } else { encoder.encodeNull() }
        encoder.encode(3)
        encoder.encode(newestSequence)
        encoder.encode(4)
        encoder.encode(acknowledgedSequence)
        encoder.encode(5)
        encoder.encode(runCount)
        if let images {
            encoder.encode(6)
            encoder.encode(images)
            if let undone = images.undone {
                encoder.encode(7)
                encoder.encode(undone)
            }
        }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self.init()
        var undone: UndoneImage?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: bootCounter = try value.decodeInteger()
            case 2: owner = try value.decodeNullIfPresent() ? nil : try HubID(from: &value)
            case 3: newestSequence = try value.decodeUInt64()
            case 4: acknowledgedSequence = try value.decodeUInt64()
            case 5: runCount = try value.decodeUInt64()
            case 6: images = try ImageMemory(from: &value)
            case 7: undone = try UndoneImage(from: &value)
            default: throw .unexpectedValue(expected: "a key of a device snapshot", offset: value.offset)
            }
        }
        images?.undone = undone
    }
}
