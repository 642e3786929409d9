package import CBORCoding

/// When something happened, as the hub can know it.
///
/// Nothing is ever rewritten: later anchors let the reader date earlier items.
///
/// firmware-specs/cddl: `time-block`.
package struct TimeBlock: CBORShape, Sendable, Hashable {
    /// The boot id of the hub's kernel, 16 bytes.
    package var bootID: [UInt8]
    /// CLOCK_BOOTTIME.
    package var boottimeNanoseconds: UInt64
    /// The hub's wall clock, Unix time.
    package var wallMilliseconds: Int64
    package var sync: ClockSync
    /// Whether the hub has a real-time clock.
    package var rtcPresent: Bool

    package init(
        bootID: [UInt8], boottimeNanoseconds: UInt64, wallMilliseconds: Int64, sync: ClockSync, rtcPresent: Bool
    ) {
        self.bootID = bootID
        self.boottimeNanoseconds = boottimeNanoseconds
        self.wallMilliseconds = wallMilliseconds
        self.sync = sync
        self.rtcPresent = rtcPresent
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var bootID: [UInt8]?
        var boottimeNanoseconds: UInt64?
        var wallMilliseconds: Int64?
        var sync: ClockSync?
        var rtcPresent: Bool?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: bootID = try value.decodeBytes(length: 16...16)
            case 2: boottimeNanoseconds = try value.decodeInteger(in: CORLimits.counters)
            case 3: wallMilliseconds = try value.decodeInteger(in: CORLimits.unixMilliseconds)
            case 4: sync = try ClockSync(from: &value)
            case 5: rtcPresent = try value.decodeBool()
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let bootID, let boottimeNanoseconds, let wallMilliseconds, let sync, let rtcPresent else {
            throw .missingKey(of: "time-block", offset: messageOffset)
        }
        self.init(
            bootID: bootID, boottimeNanoseconds: boottimeNanoseconds, wallMilliseconds: wallMilliseconds, sync: sync,
            rtcPresent: rtcPresent)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 5)
        encoder.encode(1)
        encoder.encode(bytes: bootID)
        encoder.encode(2)
        encoder.encode(boottimeNanoseconds)
        encoder.encode(3)
        encoder.encode(wallMilliseconds)
        encoder.encode(4)
        encoder.encode(sync)
        encoder.encode(5)
        encoder.encode(rtcPresent)
    }
}
